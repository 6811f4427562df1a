//! The catalogue as a table: finding a model by any of its names.
//!
//! Knows the grammar of names. Must not read files or clocks: a table is made from bytes and never changes.
//! Invariants: entries are sorted by id, one per id; a lookup is a binary search or three and allocates nothing
//! for names that a listing knows.

use super::facts::{Entry, Origin};
use super::names::{self, Name};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// What is known about models.
#[derive(Clone, Debug)]
pub struct Catalog {
    /// The newest listing in it.
    origin: Arc<Origin>,
    /// Sorted by id.
    entries: Vec<Entry>,
    /// Indices into `entries`, sorted by canonical name, then by id.
    canonical: Vec<u32>,
    /// Slugs without author, folded but for the date, with the entry where only one model has that slug.
    slugs: BTreeMap<Box<str>, Option<u32>>,
}

impl Catalog {
    /// The table that ships with the library. Parsed at the first use, once per process.
    #[must_use]
    pub fn bundled() -> &'static Catalog {
        static BUNDLED: OnceLock<Catalog> = OnceLock::new();
        // A test parses the same bytes, so the empty table never stands in for a broken one.
        BUNDLED.get_or_init(|| {
            Catalog::parse_compact(include_bytes!("bundled.json")).unwrap_or_else(|_| {
                Catalog::new(Arc::new(Origin { source: "none".into(), date: "".into() }), Vec::new())
            })
        })
    }

    /// A table of `entries`; of two with one id the later one stays. `origin` is what the table as a whole names.
    #[must_use]
    pub fn new(origin: Arc<Origin>, entries: Vec<Entry>) -> Catalog {
        let by_id: BTreeMap<Box<str>, Entry> = entries.into_iter().map(|e| (e.id.clone(), e)).collect();
        let entries: Vec<Entry> = by_id.into_values().collect();
        let mut canonical: Vec<u32> = (0..).zip(&entries).map(|(i, _)| i).collect();
        canonical.sort_by_key(|i| entries.get(*i as usize).map(|e| &e.canonical));
        let mut slugs = BTreeMap::new();
        for (i, entry) in (0..).zip(&entries).filter(|(_, e)| !e.id.contains([':', '~'])) {
            slugs
                .entry(names::slug(&entry.id).into_boxed_str())
                .and_modify(|found| *found = None)
                .or_insert(Some(i));
        }
        Catalog { origin, entries, canonical, slugs }
    }

    /// This table with whatever `older` alone has added; such entries are marked as delisted.
    #[must_use]
    pub fn with_older(self, older: Catalog) -> Catalog {
        let origin = Arc::clone(&self.origin);
        let gone = older.entries.into_iter().map(|e| Entry { delisted: true, ..e });
        Catalog::new(origin, gone.chain(self.entries).collect())
    }

    /// Who says what is in it, and when.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Every entry, sorted by id.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Entry> {
        self.entries.iter()
    }

    /// How many entries it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The facts about a model, by any name that a listing gives it: its id, its dated permanent name, an alias
    /// (`~anthropic/claude-sonnet-latest` gives the model that it stands for), each with a preset
    /// (`@preset/mine`) or a variant behind it. A variant that only routes (`:nitro`, `:floor`, `:exacto`,
    /// `:online`) has the facts of its base; one that is a thing of its own (`:free`, `:extended`, `:thinking`)
    /// is found only if the listing has it. `None` means that nothing is known, not that there is no such model.
    #[must_use]
    pub fn lookup(&self, model: &str) -> Option<&Entry> {
        let name = Name::parse(model);
        let whole = model.split_once("@preset/").map_or(model, |(m, _)| m).trim();
        let found = self
            .by_id(whole)
            .or_else(|| name.is_routing().then(|| self.by_id(name.base)).flatten())
            .or_else(|| self.by_canonical(whole, &name))?;
        Some(found.alias_of.as_deref().and_then(|target| self.by_id(target)).unwrap_or(found))
    }

    /// Whether a model that an answer names is the one that was asked for.
    ///
    /// True for the same string; for two names of one model (id, dated name, alias, any variant); for a provider's
    /// own spelling of it (`gpt-4o-2024-08-06` for `openai/gpt-4o`, `claude-sonnet-4-5-20250929`); and for anything
    /// served to a router or a preset, where the service was asked to choose. A served name that no listing
    /// knows and that is not the requested one up to case, author, separators and date counts as another model.
    #[must_use]
    pub fn same_model(&self, requested: &str, served: &str) -> bool {
        if requested == served || names::is_router(requested) {
            return true;
        }
        match (self.identify(requested), self.identify(served)) {
            // `openai/gpt-4o-2024-08-06` has a row of its own and is still what `openai/gpt-4o` stands for.
            (Some(a), Some(b)) => {
                a.canonical == b.canonical
                    || names::undated(&b.id).is_some_and(|bare| bare == names::slug(&a.id))
            }
            // An alias whose target no listing names: the service chose.
            (None, _) if requested.starts_with('~') => true,
            _ => names::folded(requested) == names::folded(served),
        }
    }

    /// Which of the models in one request an answer names: the nearest name first (the same string, then the same
    /// row of the listing, so that `x:free` and `x` are told apart, then the same model).
    #[must_use]
    pub fn which<S: AsRef<str>>(&self, requested: &[S], served: &str) -> Option<usize> {
        let row = self.identify(served);
        let position = |test: &dyn Fn(&str) -> bool| requested.iter().position(|r| test(r.as_ref()));
        position(&|r| r == served)
            .or_else(|| {
                position(&|r| row.is_some_and(|row| self.identify(r).is_some_and(|e| e.id == row.id)))
            })
            .or_else(|| position(&|r| self.same_model(r, served)))
    }

    /// [`Catalog::lookup`], then by a slug without author, as providers write it.
    fn identify(&self, model: &str) -> Option<&Entry> {
        self.lookup(model).or_else(|| {
            let at = (*self.slugs.get(names::slug(model).as_str())?)?;
            self.entries.get(at as usize)
        })
    }

    fn by_id(&self, id: &str) -> Option<&Entry> {
        let at = self.entries.binary_search_by(|e| (*e.id).cmp(id)).ok()?;
        self.entries.get(at)
    }

    /// Several ids can share one dated name (`x`, `x:free`, `x:batch`): the variant tells which is meant.
    fn by_canonical(&self, whole: &str, name: &Name<'_>) -> Option<&Entry> {
        let rows = |base: &str| {
            let canonical = |i: &u32| self.entries.get(*i as usize).map_or("", |e| &*e.canonical);
            let from = self.canonical.partition_point(|i| canonical(i) < base);
            let to = self.canonical.partition_point(|i| canonical(i) <= base);
            self.canonical.get(from..to).unwrap_or_default()
        };
        let pick = |rows: &[u32], variant: Option<&str>| {
            let entries = rows.iter().filter_map(|i| self.entries.get(*i as usize));
            entries.into_iter().find(|e| Name::parse(&e.id).variant == variant).map(|e| &*e.id)
        };
        let only = |rows: &[u32]| match rows {
            [one] => self.entries.get(*one as usize).map(|e| &*e.id),
            _ => None,
        };
        let id = pick(rows(whole), None)
            .or_else(|| only(rows(whole)))
            .or_else(|| pick(rows(name.base), name.variant))
            .or_else(|| name.is_routing().then(|| pick(rows(name.base), None)).flatten())?;
        self.by_id(id)
    }
}
