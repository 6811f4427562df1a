//! The arguments.
//!
//! Knows clap. Must not act.

use clap::{Args as ClapArgs, Parser, Subcommand};

/// LLM chat completions that do not fail.
#[derive(Parser)]
#[command(name = "resilient-completion", version, about, disable_help_subcommand = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Show a failing primary, the fallback that answers, and the waterfall of the attempts (no key, no network).
    Demo(Demo),
    /// Ask a question and print the answer.
    Ask(Ask),
    /// Show what `ask` would try and send, without sending it.
    Plan(Ask),
    /// List models, what they can do and cost.
    Models(Models),
}

#[derive(ClapArgs)]
pub(crate) struct Demo {
    /// Print the result as JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Ask OpenRouter instead of the embedded simulator; needs OPENROUTER_API_KEY. LIVE=1 does the same.
    #[arg(long)]
    pub(crate) live: bool,
}

#[derive(ClapArgs)]
pub(crate) struct Ask {
    /// The question.
    pub(crate) prompt: String,
    /// A model to try; several are tried in order.
    #[arg(short, long = "model", value_name = "MODEL")]
    pub(crate) models: Vec<String>,
    /// What the model must be able to do: vision, tool_calling, long_context, budget, …
    #[arg(long, value_name = "WORD")]
    pub(crate) capability: Vec<String>,
    /// Most tokens of the answer.
    #[arg(long, default_value_t = 1024)]
    pub(crate) max_tokens: u32,
    /// A system message before the question.
    #[arg(long)]
    pub(crate) system: Option<String>,
    /// Seconds for the whole call, all attempts together.
    #[arg(long, value_name = "SECONDS")]
    pub(crate) timeout: Option<f64>,
    /// Base URL of the service; default OPENROUTER_BASE_URL, else OpenRouter.
    #[arg(long, value_name = "URL")]
    pub(crate) base_url: Option<String>,
    /// Wait for the whole answer instead of streaming it.
    #[arg(long)]
    pub(crate) no_stream: bool,
    /// Show who was asked, what happened, and when.
    #[arg(long)]
    pub(crate) trace: bool,
    /// Print the result as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(ClapArgs)]
pub(crate) struct Models {
    /// Only models whose id contains this.
    pub(crate) search: Option<String>,
    /// Only models that can do this; may be given several times.
    #[arg(long, value_name = "WORD")]
    pub(crate) capability: Vec<String>,
    /// Only models of this author.
    #[arg(long)]
    pub(crate) author: Option<String>,
    /// Print rows as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}
