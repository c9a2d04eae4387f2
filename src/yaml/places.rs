//! Where every key and value of a YAML text stands, by JSON pointer.

use crate::diag::Place;
use crate::diag::Source;
use granit_parser::Event;
use granit_parser::Parser;
use granit_parser::ScanError;
use std::collections::BTreeMap;
use std::ops::Range;

/// The places of a decoded text.
#[derive(Debug, Clone)]
pub struct Places {
    source: Source,
    nodes: Vec<Node>,
}

/// The most duplicate keys and tags that are reported.
const MOST_OBJECTIONS: usize = 100;

/// What YAML allows and this format does not.
pub(super) enum Objection {
    /// A key that was already used in the same map.
    Duplicate { key: String, first: Place, again: Place },
    /// A tag.
    Tag(Place),
}

/// One value; children by key or index. A tree, not a list of pointers: the pointers of a deep
/// file with long keys would need memory out of all proportion to its size.
#[derive(Debug, Clone, Default)]
struct Node {
    key: Option<Range<usize>>,
    value: Range<usize>,
    children: BTreeMap<String, usize>,
}

/// A collection that is being read.
enum Open {
    Sequence { node: usize, length: usize },
    Mapping { node: usize, key: Option<(String, Range<usize>)> },
}

/// Returns a JSON pointer from its steps, escaped.
pub fn pointer<S: AsRef<str>>(steps: impl IntoIterator<Item = S>) -> String {
    steps.into_iter().fold(String::new(), |pointer, step| {
        pointer + "/" + &step.as_ref().replace('~', "~0").replace('/', "~1")
    })
}

impl Places {
    /// Returns the place of a value; for a pointer without one (behind an alias, or to a key
    /// that is not there) the place of its nearest parent.
    #[must_use]
    pub fn value(&self, pointer: &str) -> Place {
        let (node, _) = self.nearest(pointer);
        self.source.place(node.map(|node| node.value.clone()).unwrap_or_default())
    }

    /// Returns the place of the key a value stands under; of a list's item, the item.
    #[must_use]
    pub fn key(&self, pointer: &str) -> Place {
        let (node, exact) = self.nearest(pointer);
        let range = match node {
            Some(Node { key: Some(key), .. }) => key.clone(),
            Some(Node { value, .. }) if exact => value.clone(),
            Some(Node { value, .. }) => value.start..value.start,
            None => 0..0,
        };
        self.source.place(range)
    }

    /// Returns the source the places are in.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }

    fn nearest(&self, pointer: &str) -> (Option<&Node>, bool) {
        let mut node = self.nodes.first();
        for step in pointer.split('/').skip(1) {
            let step = step.replace("~1", "/").replace("~0", "~");
            let next = node.and_then(|node| node.children.get(&step));
            let Some(child) = next.and_then(|child| self.nodes.get(*child)) else {
                return (node, false);
            };
            node = Some(child);
        }
        (node, true)
    }

    /// Reads the places of a text that the budgeted parser has accepted or refused only for its
    /// duplicate keys; returns these and the tags, and stops when there are too many to report.
    pub(super) fn read(source: &Source, depth: usize) -> Result<(Self, Vec<Objection>), ScanError> {
        let options =
            granit_parser::options! { flow_nesting_limit: depth, block_nesting_limit: depth };
        let mut reader = Reader {
            places: Self { source: source.clone(), nodes: Vec::new() },
            open: Vec::new(),
            objections: Vec::new(),
        };
        for next in Parser::new_from_str_with_options(source.text(), options) {
            let (event, span) = next?;
            reader.event(&event, span.byte_range().unwrap_or(0..0));
            if reader.objections.len() >= MOST_OBJECTIONS {
                break;
            }
        }
        Ok((reader.places, reader.objections))
    }
}

struct Reader {
    places: Places,
    open: Vec<Open>,
    objections: Vec<Objection>,
}

/// The tag before a value, or the value where no tag is found; an anchor may stand between them.
fn tag(text: &str, value: &Range<usize>) -> Range<usize> {
    if text.get(value.start..).is_some_and(|rest| rest.starts_with('!')) {
        return value.clone();
    }
    let mut before = text.get(..value.start).unwrap_or_default();
    loop {
        before = before.trim_end();
        let start = match before.strip_suffix('>') {
            Some(verbatim) => verbatim.rfind("!<"),
            None => before.rfind([' ', '\t', '\n', '\r', '[', '{', ',']).map(|at| at + 1),
        };
        let start = start.unwrap_or(0);
        let word = before.get(start..).unwrap_or_default();
        match word.chars().next() {
            Some('!') => return start..before.len(),
            Some('&') => before = before.get(..start).unwrap_or_default(),
            Some(_) | None => return value.clone(),
        }
    }
}

impl Reader {
    fn event(&mut self, event: &Event<'_>, range: Range<usize>) {
        if matches!(event, Event::SequenceEnd | Event::MappingEnd) {
            self.close(range.end);
            return;
        }
        if event.tag().is_some() {
            let source = &self.places.source;
            self.objections.push(Objection::Tag(source.place(tag(source.text(), &range))));
        }
        if (event.is_node() || event.is_alias())
            && let Some(node) = self.node(event, range)
        {
            self.descend(event, node);
        }
    }

    /// Records a value under its key or index; a key waits for its value and returns nothing.
    fn node(&mut self, event: &Event<'_>, range: Range<usize>) -> Option<usize> {
        let new = self.places.nodes.len();
        let mut node = Node { value: range.clone(), ..Node::default() };
        match self.open.last_mut() {
            None => {}
            Some(Open::Sequence { node: parent, length }) => {
                let parent = *parent;
                *length += 1;
                let step = (*length - 1).to_string();
                self.places.nodes.get_mut(parent)?.children.insert(step, new);
            }
            Some(Open::Mapping { node: parent, key }) => {
                let Some((step, at)) = key.take() else {
                    // Only text can be a key: anything else was refused by the budgeted parser.
                    let text = event.scalar().map(|(text, _)| text.to_owned());
                    *key = Some((text.unwrap_or_default(), range));
                    return None;
                };
                let parent = *parent;
                node.key = Some(at.clone());
                self.enter(parent, step, at, new);
            }
        }
        self.places.nodes.push(node);
        Some(new)
    }

    fn enter(&mut self, parent: usize, step: String, at: Range<usize>, new: usize) {
        let Some(parent) = self.places.nodes.get_mut(parent) else { return };
        let Some(first) = parent.children.get(&step).copied() else {
            parent.children.insert(step, new);
            return;
        };
        let first = self.places.nodes.get(first).and_then(|node| node.key.clone());
        self.objections.push(Objection::Duplicate {
            key: step,
            first: self.places.source.place(first.unwrap_or_default()),
            again: self.places.source.place(at),
        });
    }

    fn descend(&mut self, event: &Event<'_>, node: usize) {
        if matches!(event, Event::SequenceStart(..)) {
            self.open.push(Open::Sequence { node, length: 0 });
        } else if matches!(event, Event::MappingStart(..)) {
            self.open.push(Open::Mapping { node, key: None });
        }
    }

    fn close(&mut self, end: usize) {
        let Some(Open::Sequence { node, .. } | Open::Mapping { node, .. }) = self.open.pop() else {
            return;
        };
        if let Some(node) = self.places.nodes.get_mut(node) {
            node.value.end = end.max(node.value.start);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(text: &str) -> Places {
        Places::read(&Source::new("t.yaml", text), 32).unwrap().0
    }

    fn slice(text: &str, place: Place) -> &str {
        text.get(place.range).unwrap()
    }

    #[test]
    fn keys_and_values_have_places() {
        let text = "é: x\nlist: [one, {a/b: two}]\nblock:\n  in: deep\n";
        let places = places(text);
        assert_eq!(slice(text, places.value("/é")), "x");
        assert_eq!(slice(text, places.value("/list/0")), "one");
        assert_eq!(slice(text, places.value("/list/1/a~1b")), "two");
        assert_eq!(slice(text, places.key("/list/1/a~1b")), "a/b");
        assert_eq!(slice(text, places.key("/block/in")), "in");
        assert_eq!(slice(text, places.value("/list")), "[one, {a/b: two}]");
        assert!(slice(text, places.value("/block")).starts_with("in: deep"));
    }

    #[test]
    fn what_is_not_there_has_the_place_of_its_parent() {
        let text = "a:\n  b: {c: d}\n";
        let places = places(text);
        assert_eq!(slice(text, places.value("/a/b/x/y")), "{c: d}");
        assert_eq!(slice(text, places.key("/a/b/x")), "b");
    }

    #[test]
    fn an_alias_is_a_place_without_children() {
        let text = "a: &x {b: c}\nd: *x\n";
        let places = places(text);
        assert_eq!(slice(text, places.value("/d/b")), "*x");
        assert_eq!(slice(text, places.value("/a/b")), "c");
    }

    #[test]
    fn every_duplicate_key_is_found() {
        let source = Source::new("t.yaml", "a: 1\na: 2\nb: {c: 1, c: 2}\n");
        let (_, objections) = Places::read(&source, 32).unwrap();
        let found: Vec<_> = objections
            .iter()
            .map(|objection| match objection {
                Objection::Duplicate { key, first, again } => {
                    (key.as_str(), first.line, again.line)
                }
                Objection::Tag(place) => ("!", place.line, place.line),
            })
            .collect();
        assert_eq!(found, [("a", 1, 2), ("c", 3, 3)]);
    }

    #[test]
    fn pointers_escape_their_steps() {
        assert_eq!(pointer(["a/b", "c~d"]), "/a~1b/c~0d");
        assert_eq!(pointer::<&str>([]), "");
    }
}
