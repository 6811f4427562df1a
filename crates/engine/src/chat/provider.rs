//! Preferences among providers.
//!
//! Knows the keys of `provider`. Must not know which providers exist (that is a list of names). Invariants: only
//! what was set is sent, since a default that is spelt out overrides the account's settings; prices keep their
//! decimals.

use super::json::{Object, ToJson, on_object, setters, words};
use super::provider_names::Provider;

words! {
    /// Whether providers may store prompts and train on them.
    DataCollection { Allow = "allow", Deny = "deny" }
}

impl From<bool> for DataCollection {
    fn from(allowed: bool) -> DataCollection {
        if allowed { DataCollection::Allow } else { DataCollection::Deny }
    }
}

words! {
    /// How a provider stores a model's weights.
    Quantization {
        Int4 = "int4", Int8 = "int8", Fp4 = "fp4", Mxfp4 = "mxfp4", Nvfp4 = "nvfp4", Fp6 = "fp6", Fp8 = "fp8",
        Mxfp8 = "mxfp8", Fp16 = "fp16", Bf16 = "bf16", Fp32 = "fp32", Unknown = "unknown",
    }
}

words! {
    /// What to sort providers by.
    SortBy { Price = "price", Throughput = "throughput", Latency = "latency", Exacto = "exacto" }
}

words! {
    /// Within what to sort: each model, or the endpoints of all models together.
    Partition { Model = "model", None = "none" }
}

/// What to sort providers by, and within what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    by: SortBy,
    partition: Option<Partition>,
}

#[expect(non_upper_case_globals, reason = "reads as the enum that it was in Orpheus: Sort::Price")]
impl Sort {
    /// Lowest price first.
    pub const Price: Sort = Sort { by: SortBy::Price, partition: None };
    /// Highest throughput first.
    pub const Throughput: Sort = Sort { by: SortBy::Throughput, partition: None };
    /// Lowest latency first.
    pub const Latency: Sort = Sort { by: SortBy::Latency, partition: None };

    /// By any word.
    #[must_use]
    pub fn by(by: impl Into<SortBy>) -> Sort {
        Sort { by: by.into(), partition: None }
    }

    /// Within each model (the default), or the endpoints of all models together, which ends the order of the chain.
    #[must_use]
    pub fn partition(mut self, partition: impl Into<Partition>) -> Sort {
        self.partition = Some(partition.into());
        self
    }
}

impl From<SortBy> for Sort {
    fn from(by: SortBy) -> Sort {
        Sort::by(by)
    }
}

impl From<&str> for Sort {
    fn from(by: &str) -> Sort {
        Sort::by(by)
    }
}

impl ToJson for Sort {
    fn write_json(&self, out: &mut Vec<u8>) {
        match &self.partition {
            None => self.by.write_json(out),
            Some(partition) => {
                let mut object = Object::default();
                object.put("by", &self.by);
                object.put("partition", partition);
                object.write_json(out);
            }
        }
    }
}

/// A price in US dollars. A decimal string keeps every digit; it is sent as a number where a number holds it exactly,
/// else as the string that the API description asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Price(Decimal);

#[derive(Clone, Debug, PartialEq)]
enum Decimal {
    Number(f64),
    Text(String),
}

impl From<f64> for Price {
    fn from(dollars: f64) -> Price {
        Price(Decimal::Number(dollars))
    }
}

impl From<i32> for Price {
    fn from(dollars: i32) -> Price {
        Price(Decimal::Number(f64::from(dollars)))
    }
}

impl From<&str> for Price {
    fn from(decimal: &str) -> Price {
        match decimal.parse::<f64>() {
            Ok(number) if number.to_string() == decimal => Price(Decimal::Number(number)),
            _ => Price(Decimal::Text(decimal.to_owned())),
        }
    }
}

impl ToJson for Price {
    fn write_json(&self, out: &mut Vec<u8>) {
        match &self.0 {
            // One dollar is written 1, as in every documented example.
            Decimal::Number(n) if n.is_finite() => out.extend_from_slice(n.to_string().as_bytes()),
            Decimal::Number(n) => n.write_json(out),
            Decimal::Text(text) => text.write_json(out),
        }
    }
}

/// Highest prices allowed, in US dollars; when nothing qualifies the call fails.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct MaxPrice(Object);
on_object!(MaxPrice);

impl MaxPrice {
    /// No limit.
    #[must_use]
    pub fn new() -> MaxPrice {
        MaxPrice::default()
    }

    setters! {
        /// Per million prompt tokens.
        pub one prompt: Price;
        /// Per million completion tokens.
        pub one completion: Price;
        /// Per request.
        pub one request: Price;
        /// Per image.
        pub one image: Price;
        /// Per unit of audio.
        pub one audio: Price;
    }
}

/// A limit for the median, or for several percentiles, which must all hold.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Cutoffs(Object);
on_object!(Cutoffs);

impl Cutoffs {
    /// No limit.
    #[must_use]
    pub fn new() -> Cutoffs {
        Cutoffs::default()
    }

    setters! {
        /// For the median.
        pub number p50;
        /// For the 75th percentile.
        pub number p75;
        /// For the 90th percentile.
        pub number p90;
        /// For the 99th percentile.
        pub number p99;
    }
}

impl From<f64> for Cutoffs {
    fn from(median: f64) -> Cutoffs {
        Cutoffs::new().p50(median)
    }
}

/// Which providers may serve, and in which order; holds for every model of the chain.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ProviderPreferences(Object);
on_object!(ProviderPreferences);

/// The name in Orpheus.
pub type Preferences = ProviderPreferences;

impl ProviderPreferences {
    /// No preference.
    #[must_use]
    pub fn new() -> ProviderPreferences {
        ProviderPreferences::default()
    }

    setters! {
        /// Providers to try first, in order; no load balancing then.
        pub many order: Provider;
        /// Whether other providers may follow. The service's default is true.
        pub flag allow_fallbacks;
        /// Only providers that support every parameter sent. The service's default is false.
        pub flag require_parameters;
        /// Whether providers may store data.
        pub one data_collection: DataCollection;
        /// Only endpoints that retain nothing.
        pub flag zdr;
        /// Only models whose output may be used for training.
        pub flag enforce_distillable_text;
        /// The only providers allowed, those of the fallback models included.
        pub many only: Provider;
        /// Providers to leave out.
        pub many ignore: Provider;
        /// Quantizations allowed.
        pub many quantizations: Quantization;
        /// What to sort providers by; no load balancing then.
        pub one sort: Sort;
        /// Tokens per second over the last five minutes; re-orders, never excludes.
        pub one preferred_min_throughput: Cutoffs;
        /// Seconds to the first token over the last five minutes; re-orders, never excludes.
        pub one preferred_max_latency: Cutoffs;
        /// Highest prices allowed.
        pub one max_price: MaxPrice;
    }
}
