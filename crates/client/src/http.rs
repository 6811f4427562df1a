//! HTTP: one attempt as a source of events.
//!
//! Knows reqwest and nothing of policy. Invariants: no redirects are followed and nothing is retried below the engine,
//! or attempts could not be counted; errors are told without URL; dropping an attempt closes its connection (HTTP/1)
//! or resets its stream (HTTP/2).

use crate::process::{Process, Reach};
use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use resilient_completion_engine::base::Duration;
use resilient_completion_engine::error::{Error, Kind};
use resilient_completion_engine::outcome::{Stage, TransportFault};
use resilient_completion_engine::wire::Headers;
use resilient_completion_engine::wire::encode::PreparedRequest;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// What an attempt's connection did.
#[derive(Debug)]
pub(crate) enum Io {
    Head(u16, Headers),
    Bytes(Bytes),
    End,
    Fault(TransportFault),
}

/// One attempt on the wire.
pub(crate) enum Attempt {
    Sending(Pin<Box<dyn Future<Output = Result<reqwest::Response, reqwest::Error>> + Send>>),
    Reading(reqwest::Body),
    /// No HTTP client could be made, or the URL passed the plan's checks but not the HTTP library's.
    Unsendable(String),
    Over,
}

impl Attempt {
    pub(crate) fn send(process: &Process, connect: Duration, request: PreparedRequest) -> Attempt {
        let Some(url) = process.url(&request.url) else {
            return Attempt::Unsendable("the URL of the endpoint is not valid".to_owned());
        };
        match process.http(Reach { connect, loopback: is_loopback(&url) }) {
            Ok(client) => Attempt::Sending(Box::pin(client.execute(build_request(url, request)))),
            Err(e) => Attempt::Unsendable(e.message),
        }
    }

    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Io> {
        match self {
            Attempt::Sending(future) => {
                let io = match ready!(future.as_mut().poll(cx)) {
                    Ok(response) => {
                        let status = response.status().as_u16();
                        let headers = relevant(response.headers());
                        *self = Attempt::Reading(http::Response::<reqwest::Body>::from(response).into_body());
                        Io::Head(status, headers)
                    }
                    Err(e) => {
                        *self = Attempt::Over;
                        Io::Fault(fault(e, Stage::Send))
                    }
                };
                Poll::Ready(io)
            }
            Attempt::Reading(body) => loop {
                let io = match ready!(Pin::new(&mut *body).poll_frame(cx)) {
                    None => Io::End,
                    Some(Ok(frame)) => match frame.into_data() {
                        Ok(data) if data.is_empty() => continue,
                        Ok(data) => return Poll::Ready(Io::Bytes(data)),
                        // Trailers.
                        Err(_) => continue,
                    },
                    Some(Err(e)) => Io::Fault(fault(e, Stage::Receive)),
                };
                *self = Attempt::Over;
                return Poll::Ready(io);
            },
            Attempt::Unsendable(why) => {
                let message = std::mem::take(why);
                *self = Attempt::Over;
                Poll::Ready(Io::Fault(TransportFault { stage: Stage::Connect, message }))
            }
            Attempt::Over => Poll::Pending,
        }
    }
}

/// Whether a URL names this machine itself.
pub(crate) fn is_loopback(url: &reqwest::Url) -> bool {
    url.host_str().is_some_and(|host| {
        let ip = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
        host == "localhost" || host.ends_with(".localhost") || ip.is_ok_and(|ip| ip.is_loopback())
    })
}

/// Builds the HTTP client.
pub(crate) fn build(reach: Reach) -> Result<reqwest::Client, Error> {
    let builder = || {
        let builder = reqwest::Client::builder();
        // The system's proxies are honoured, but none elsewhere could reach this machine's loopback.
        let builder = if reach.loopback { builder.no_proxy() } else { builder };
        builder
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(std::time::Duration::from_micros(reach.connect.0))
            // Below the idle limit of the services' edges, so that a request rarely meets a connection that is
            // being closed from the other side.
            .pool_idle_timeout(std::time::Duration::from_secs(15))
            .tcp_nodelay(true)
            .user_agent(concat!("resilient-completion/", env!("CARGO_PKG_VERSION")))
    };
    // A bare container has no certificate store, and then the build fails even for plain HTTP.
    builder()
        .build()
        .or_else(|_| {
            let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS
                .iter()
                .filter_map(|der| reqwest::Certificate::from_der(der).ok());
            builder().tls_certs_only(roots).build()
        })
        .map_err(|e| {
            Error::new(
                Kind::Connection,
                format!(
                    "no HTTP client could be made: {}; install ca-certificates or set SSL_CERT_FILE",
                    chain(&e)
                ),
            )
        })
}

fn build_request(url: reqwest::Url, prepared: PreparedRequest) -> reqwest::Request {
    use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
    let mut request = reqwest::Request::new(http::Method::POST, url);
    let headers = request.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
    if let Some(key) = &prepared.auth
        && let Ok(mut value) = HeaderValue::from_str(&format!("Bearer {}", key.expose()))
    {
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    for (name, value) in &prepared.headers {
        // The plan checked both; users put keys into headers of their own.
        if let (Ok(name), Ok(mut value)) =
            (HeaderName::try_from(name.as_str()), HeaderValue::from_bytes(value.as_bytes()))
        {
            value.set_sensitive(true);
            headers.insert(name, value);
        }
    }
    *request.body_mut() = Some(match <[Bytes; 1]>::try_from(prepared.body) {
        Ok([whole]) => reqwest::Body::from(whole),
        Err(pieces) => reqwest::Body::wrap(Pieces::new(pieces)),
    });
    request
}

fn relevant(headers: &http::HeaderMap) -> Headers {
    let kept = headers.iter().filter(|(name, _)| Headers::is_relevant(name.as_str()));
    Headers(
        kept.filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
            .collect(),
    )
}

fn fault(e: reqwest::Error, stage: Stage) -> TransportFault {
    let stage = match (e.is_connect(), e.is_timeout()) {
        (true, true) => Stage::ConnectLimit,
        (true, false) => Stage::Connect,
        _ if e.is_builder() => Stage::Connect,
        _ => stage,
    };
    TransportFault { stage, message: chain(&e.without_url()) }
}

/// The error and its causes in one line, without saying the same twice.
fn chain(e: &dyn std::error::Error) -> String {
    let mut text = e.to_string();
    let mut source = e.source();
    while let Some(cause) = source {
        let more = cause.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        source = cause.source();
    }
    text
}

/// A body in pieces that share memory with the request, so that a large image is not copied once more.
struct Pieces {
    left: VecDeque<Bytes>,
    len: u64,
}

impl Pieces {
    fn new(pieces: Vec<Bytes>) -> Pieces {
        let len = pieces.iter().map(|p| p.len() as u64).sum();
        Pieces { left: pieces.into(), len }
    }
}

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let next = self.left.pop_front();
        if let Some(piece) = &next {
            self.len -= piece.len() as u64;
        }
        Poll::Ready(next.map(|p| Ok(Frame::data(p))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.len)
    }
}
