//! A large request is not copied on its way to the socket. The counting allocator counts the whole process, so this
//! stands alone in its file, and its server counts bytes without keeping them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "tests")]

use bytes::Bytes;
use resilient_completion::Client;
use serde_json::json;
use std::alloc::{GlobalAlloc, Layout, System};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

struct Counting;

static ALLOCATED: AtomicUsize = AtomicUsize::new(0);
static COUNTS: AtomicBool = AtomicBool::new(false);

// SAFETY: everything is the system allocator's.
#[allow(unsafe_code, reason = "an allocator")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if COUNTS.load(Ordering::Relaxed) {
            ALLOCATED.fetch_add(layout.size(), Ordering::Relaxed);
        }
        // SAFETY: as asked.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as asked.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if COUNTS.load(Ordering::Relaxed) {
            ALLOCATED.fetch_add(size.saturating_sub(layout.size()), Ordering::Relaxed);
        }
        // SAFETY: as asked.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Reads one request without keeping it and answers; gives the length of its body.
fn serve(stream: &mut TcpStream, buffer: &mut [u8], answer: &[u8]) -> usize {
    let mut head = 0;
    let mut length = 0;
    let mut had = 0;
    while length == 0 || had < head + length {
        let n = stream.read(&mut buffer[if length == 0 { had } else { 0 }..]).unwrap();
        assert!(n > 0);
        had += n;
        if length == 0
            && let Some(end) = buffer[..had].windows(4).position(|w| w == b"\r\n\r\n")
        {
            let name = b"content-length: ";
            let at = buffer[..end].windows(name.len()).position(|w| w == name).unwrap() + name.len();
            length = buffer[at..end]
                .iter()
                .take_while(|b| b.is_ascii_digit())
                .fold(0, |n, b| n * 10 + usize::from(b - b'0'));
            head = end + 4;
        }
    }
    stream.write_all(answer).unwrap();
    length
}

#[test]
fn a_large_image_is_not_copied_for_three_links() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let mut buffer = vec![0u8; 1 << 20];
        let down = b"HTTP/1.1 503 Down\r\ncontent-length: 2\r\n\r\n{}".as_slice();
        let body = r#"{"choices":[{"finish_reason":"stop","message":{"content":"a cat"}}]}"#;
        let good = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        let (mut stream, _) = listener.accept().unwrap();
        (0..3)
            .map(|i| serve(&mut stream, &mut buffer, if i < 2 { down } else { good.as_bytes() }))
            .collect::<Vec<_>>()
    });
    let image = "A".repeat(20 << 20);
    let messages = json!([{"role": "user", "content": [{"type": "text", "text": "what is it?"},
        {"type": "image_url", "image_url": {"url": format!("data:image/png;base64,{image}")}}]}]);
    let chain = json!([{"model": "a/one"}, {"model": "b/two"}, {"model": "c/three"}]);
    let text = Bytes::from(json!({"messages": messages, "chain": chain, "max_tokens": 5}).to_string());
    let client = Client::builder().base_url(&url).option("guards", "own").build().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let size = text.len();
    COUNTS.store(true, Ordering::SeqCst);
    let mut running = client.start(text, false).unwrap();
    let planned = ALLOCATED.load(Ordering::SeqCst);
    let done = runtime.block_on(running.complete()).unwrap();
    COUNTS.store(false, Ordering::SeqCst);
    let allocated = ALLOCATED.load(Ordering::SeqCst);
    println!(
        "{}",
        json!({"id": "large", "body": size, "planned": planned, "allocated": allocated, "links": 3})
    );
    assert_eq!(done.text(), "a cat");
    let lengths = server.join().unwrap();
    assert!(lengths.len() == 3 && lengths.iter().all(|n| *n > 20 << 20), "{lengths:?}");
    // No copy at all is wanted; certificates and connections are some of it.
    assert!(allocated < size / 2, "{allocated} bytes for a body of {size}");
}
