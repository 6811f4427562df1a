//! Closed lists of wire words, and sets of them in which unknown words are kept.
//!
//! Knows nothing of models. Invariant: what a service sent and this list does not know survives a round trip.

/// A closed list of wire words that a [`Words`] set packs into bits.
pub trait Word: Copy + 'static {
    /// Every word with its spelling on the wire; the position is the bit.
    const ALL: &'static [(Self, &'static str)];

    /// Position in [`Word::ALL`].
    fn index(self) -> u32;

    /// The spelling on the wire.
    #[must_use]
    fn word(self) -> &'static str {
        Self::ALL.get(self.index() as usize).map_or("", |(_, w)| w)
    }

    /// Reads the wire word.
    #[must_use]
    fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, w)| *w == word).map(|(v, _)| *v)
    }
}

macro_rules! words {
    ($(#[$head:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$head])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        #[non_exhaustive]
        #[repr(u8)]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl Word for $name {
            const ALL: &'static [($name, &'static str)] = &[$(($name::$variant, $word),)*];
            fn index(self) -> u32 { self as u32 }
        }
    };
}
pub(super) use words;

/// A set of wire words: known ones as bits, unknown ones kept as sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Words<W> {
    bits: u32,
    other: Vec<Box<str>>,
    kind: core::marker::PhantomData<W>,
}

impl<W> Default for Words<W> {
    fn default() -> Words<W> {
        Words { bits: 0, other: Vec::new(), kind: core::marker::PhantomData }
    }
}

impl<W: Word> Words<W> {
    /// Whether the set holds `word`.
    #[must_use]
    pub fn has(&self, word: W) -> bool {
        self.bits >> word.index() & 1 == 1
    }

    /// Whether nothing was listed at all, which means that nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bits == 0 && self.other.is_empty()
    }

    /// Adds a word by its spelling; an unknown one is kept as it is.
    pub fn insert(&mut self, word: &str) {
        match W::parse(word) {
            Some(known) => self.bits |= 1 << known.index(),
            None if self.other.iter().all(|w| **w != *word) => self.other.push(word.into()),
            None => {}
        }
    }

    /// Every word: the known ones in the order of the list, then the unknown ones as they came.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        W::ALL.iter().filter(|(v, _)| self.has(*v)).map(|(_, w)| *w).chain(self.other.iter().map(|w| &**w))
    }
}

impl<'a, W: Word> FromIterator<&'a str> for Words<W> {
    fn from_iter<I: IntoIterator<Item = &'a str>>(words: I) -> Words<W> {
        let mut set = Words::default();
        words.into_iter().for_each(|w| set.insert(w));
        set
    }
}
