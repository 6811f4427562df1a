//! Names of providers.
//!
//! Knows the display names that `OpenRouter`'s API description lists (snapshot of August 2026) and older ones that
//! accounts and programs still use. Must not decide with them: a name is only sent. Invariant: open; slugs such as
//! `azure`, regions such as `google-vertex/us-east5` and tiers such as `openai/priority` are [`Provider::Other`].

use super::json::words;

words! {
    /// A provider by its display name; any slug or new name through `Provider::from("azure")`.
    Provider {
        // Listed today.
        AI21 = "AI21", AionLabs = "AionLabs", AkashML = "AkashML", Alibaba = "Alibaba",
        AmazonBedrock = "Amazon Bedrock", AmazonNova = "Amazon Nova", Ambient = "Ambient",
        Anthropic = "Anthropic", ArceeAI = "Arcee AI", AtlasCloud = "AtlasCloud", Avian = "Avian",
        Azure = "Azure", Baidu = "Baidu", BaseTen = "BaseTen", BlackForestLabs = "Black Forest Labs",
        BytePlus = "BytePlus", Cerebras = "Cerebras", Chutes = "Chutes", Cirrascale = "Cirrascale",
        Clarifai = "Clarifai", ClaudePlatformOnAws = "Claude Platform on AWS", Cloudflare = "Cloudflare",
        Cohere = "Cohere", CoreWeave = "CoreWeave", Crucible = "Crucible", Crusoe = "Crusoe",
        Darkbloom = "Darkbloom", Databricks = "Databricks", Decart = "Decart", Deepgram = "Deepgram",
        DeepInfra = "DeepInfra", DeepSeek = "DeepSeek", DekaLLM = "DekaLLM", DigitalOcean = "DigitalOcean",
        Featherless = "Featherless", Fireworks = "Fireworks", FishAudio = "Fish Audio",
        Friendli = "Friendli", GMICloud = "GMICloud", Google = "Google",
        GoogleAIStudio = "Google AI Studio", Groq = "Groq", HeyGen = "HeyGen", Inception = "Inception",
        Inceptron = "Inceptron", InferactVllm = "Inferact vLLM", InferenceNet = "InferenceNet",
        Infermatic = "Infermatic", Inflection = "Inflection", IoNet = "Io Net", Ionstream = "Ionstream",
        Krea = "Krea", Liquid = "Liquid", Makora = "Makora", Mancer2 = "Mancer 2", Mara = "Mara",
        Meta = "Meta", Minimax = "Minimax", Mistral = "Mistral", Modal = "Modal", ModelRun = "ModelRun",
        Modular = "Modular", MoonshotAI = "Moonshot AI", Morph = "Morph", NCompass = "NCompass",
        Nebius = "Nebius", NexAGI = "Nex AGI", NextBit = "NextBit", Novita = "Novita", Nvidia = "Nvidia",
        OpenAI = "OpenAI", OpenInference = "OpenInference", Parasail = "Parasail",
        Perceptron = "Perceptron", Perplexity = "Perplexity", Phala = "Phala", Poolside = "Poolside",
        Quiver = "Quiver", Recraft = "Recraft", Reka = "Reka", Relace = "Relace", Runway = "Runway",
        SailResearch = "Sail Research", SakanaAI = "Sakana AI", SambaNova = "SambaNova", Seed = "Seed",
        SiliconFlow = "SiliconFlow", Sourceful = "Sourceful", Stealth = "Stealth", StepFun = "StepFun",
        StreamLake = "StreamLake", Switchpoint = "Switchpoint", Tencent = "Tencent",
        Tenstorrent = "Tenstorrent", ThinkingMachines = "Thinking Machines", Together = "Together",
        Upstage = "Upstage", Venice = "Venice", VoyageAIByMongoDB = "VoyageAI by MongoDB", Wafer = "Wafer",
        WandB = "WandB", XAI = "xAI", Xiaomi = "Xiaomi", ZAI = "Z.AI",
        // Listed in 2025, gone or renamed since.
        ZeroOneAI = "01.AI", AnyScale = "AnyScale", Atoma = "Atoma", CentMl = "Cent-ML", CrofAI = "CrofAI",
        Enfer = "Enfer", HuggingFace = "HuggingFace", Hyperbolic = "Hyperbolic",
        Hyperbolic2 = "Hyperbolic 2", InoCloud = "InoCloud", Kluster = "Kluster", Lambda = "Lambda",
        Lepton = "Lepton", Lynn = "Lynn", Lynn2 = "Lynn 2", Mancer = "Mancer", Nineteen = "Nineteen",
        OctoAI = "OctoAI", Recursal = "Recursal", Reflection = "Reflection", Replicate = "Replicate",
        SambaNova2 = "SambaNova 2", SfCompute = "SF Compute", Targon = "Targon", Together2 = "Together 2",
        Ubicloud = "Ubicloud",
    }
}
