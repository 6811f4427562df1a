//! The pure machine of `resilient_completion`: what a completion call decides, and nothing else.
//!
//! No socket, no clock, no global randomness, no thread, no environment: time, bytes and answers come in as
//! events, decisions go out as actions. The rooms below are ordered; a room uses itself and rooms above it in
//! this list only (`cargo xtask check` reads the `use` lines and fails otherwise).
//!
//! | room | knows |
//! | --- | --- |
//! | [`base`] | nothing: time, ids, seeded randomness, money, secrets |
//! | [`error`] | base: the one table of error kinds |
//! | [`chat`] | error: requests, messages, answers, deltas |
//! | [`wire`] | chat: bytes to meaning and back, no policy |
//! | [`catalog`] | chat: what models can do and what they cost |
//! | [`outcome`] | wire: what happened, in our words |
//! | [`guard`] | outcome: small machines (deadline, backoff, tokens, cooldown, breaker) |
//! | [`plan`] | catalog, guard: what will be tried, and why not the rest |
//! | [`trace`] | plan: the record |
//! | [`call`] | all: the machine |
#![forbid(unsafe_code)]

pub mod base;
pub mod call;
pub mod catalog;
pub mod chat;
pub mod error;
pub mod guard;
pub mod outcome;
pub mod plan;
pub mod trace;
pub mod wire;
