//! What the vectors of kind `sse` cannot say: invented sequences at invented splits, sharing of bytes, caps, time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use super::*;
use proptest::prelude::*;

fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<SseEvent>, bool) {
    let mut decoder = SseDecoder::default();
    let mut events = Vec::new();
    for piece in pieces {
        decoder.push(&Bytes::copy_from_slice(piece), &mut events).unwrap();
    }
    (events, decoder.has_leftover())
}

/// One event as a service might write it, and what it means.
#[derive(Clone, Debug)]
struct Written {
    name: Option<String>,
    lines: Vec<String>,
    space: bool,
    before: String,
    ends: Vec<&'static str>,
}

impl Written {
    fn write(&self, out: &mut String) {
        let mut ends = self.ends.iter().cycle();
        let mut line = |text: &str| {
            out.push_str(text);
            out.push_str(ends.next().unwrap());
        };
        line(&format!(":{}", self.before));
        line("id: 7");
        if let Some(name) = &self.name {
            line(&format!("event:{name}"));
        }
        for data in &self.lines {
            line(&format!("data:{}{data}", if self.space { " " } else { "" }));
        }
        line("");
    }

    fn meaning(&self) -> Option<SseEvent> {
        (!self.lines.is_empty()).then(|| SseEvent {
            name: self.name.clone().unwrap_or_default(),
            data: Bytes::from(self.lines.join("\n")),
        })
    }
}

/// A line that starts with a space would lose it where none was written before.
fn text() -> impl Strategy<Value = String> {
    "([^\r\n\\p{Cc} ][^\r\n\\p{Cc}]{0,12})?|語é🦀[a-z{}\":,]{0,9}"
}

fn written() -> impl Strategy<Value = Written> {
    let ends = prop::collection::vec(prop::sample::select(vec!["\n", "\r\n", "\r"]), 1..4);
    (prop::option::of("[a-z]{1,6}"), prop::collection::vec(text(), 0..4), any::<bool>(), text(), ends)
        .prop_map(|(name, lines, space, before, ends)| Written { name, lines, space, before, ends })
        // CR before an empty line that ends in LF would be read as CRLF, by the rules, and swallow the line.
        .prop_map(|mut w| {
            if w.ends.contains(&"\r") {
                w.ends.retain(|e| *e != "\n");
            }
            w
        })
}

proptest! {
    #[test]
    fn any_sequence_means_what_was_written_at_any_split(
        all in prop::collection::vec(written(), 1..6),
        bom in any::<bool>(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
    ) {
        let mut stream = if bom { "\u{feff}".to_owned() } else { String::new() };
        all.iter().for_each(|w| w.write(&mut stream));
        let bytes = stream.as_bytes();
        let mut at: Vec<usize> = cuts.iter().map(|c| c.index(bytes.len() + 1)).collect();
        at.extend([0, bytes.len()]);
        at.sort_unstable();
        let (events, leftover) = decode(at.windows(2).map(|w| &bytes[w[0]..w[1]]));
        let expected: Vec<SseEvent> = all.iter().filter_map(Written::meaning).collect();
        prop_assert_eq!(events, expected);
        prop_assert!(!leftover);
    }

    #[test]
    fn any_bytes_mean_the_same_at_any_split(
        bytes in prop::collection::vec(prop::sample::select(b"data: x\n\r\n:idevnt\xEF\xBB\xBF\xC3\xA9\xFF".to_vec()), 0..80),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let mut at: Vec<usize> = cuts.iter().map(|c| c.index(bytes.len() + 1)).collect();
        at.extend([0, bytes.len()]);
        at.sort_unstable();
        prop_assert_eq!(decode(at.windows(2).map(|w| &bytes[w[0]..w[1]])), decode([&bytes[..]]));
    }
}

#[test]
fn data_in_one_piece_is_a_slice_of_it() {
    let piece = Bytes::from_static(b": hello\n\ndata: {\"a\":1}\n\ndata:x\r\n\r\n");
    let mut events = Vec::new();
    SseDecoder::default().push(&piece, &mut events).unwrap();
    assert_eq!(events.len(), 2);
    let inside = piece.as_ptr_range();
    for event in &events {
        assert!(inside.contains(&event.data.as_ptr()));
    }
}

#[test]
fn a_line_over_its_cap_is_a_fault_before_it_is_kept() {
    let mut decoder = SseDecoder::with_cap(64);
    let mut events = Vec::new();
    let whole = format!("data: {}\n\n", "x".repeat(58));
    decoder.push(&Bytes::from(whole), &mut events).unwrap();
    assert_eq!(events.len(), 1, "64 bytes are allowed");
    decoder.push(&Bytes::from(vec![b'y'; 60]), &mut events).unwrap();
    let huge = Bytes::from(vec![b'y'; 1 << 20]);
    assert_eq!(decoder.push(&huge, &mut events), Err(SseFault::TooLarge(64)));
    assert_eq!(decoder.carry.capacity(), 0, "nothing is held after a fault");
    assert_eq!(decoder.push(&Bytes::from_static(b"\n\n"), &mut events), Err(SseFault::TooLarge(64)));
    assert_eq!(events.len(), 1);
}

#[test]
fn many_small_lines_of_one_event_count_together() {
    let mut decoder = SseDecoder::with_cap(64);
    let lines = Bytes::from("data: 12345678\n".repeat(8));
    assert_eq!(decoder.push(&lines, &mut Vec::new()), Err(SseFault::TooLarge(64)));
}

#[test]
fn a_million_comments_are_neither_events_nor_memory() {
    let mut decoder = SseDecoder::default();
    let mut events = Vec::new();
    let comments = Bytes::from(": OPENROUTER PROCESSING\n\n".repeat(1_000));
    for _ in 0..1_000 {
        decoder.push(&comments, &mut events).unwrap();
    }
    assert!(events.is_empty());
    assert_eq!(decoder.carry.capacity(), 0);
}

#[test]
fn the_default_cap_takes_a_large_image() {
    let mut events = Vec::new();
    let image = Bytes::from(format!("data: {}\n\n", "A".repeat(14 << 20)));
    SseDecoder::default().push(&image, &mut events).unwrap();
    assert_eq!(events.len(), 1);
    let line_without_end = Bytes::from(vec![b'A'; (16 << 20) + 1]);
    assert!(SseDecoder::default().push(&line_without_end, &mut events).is_err());
}
