//! The bones of a page: what a browser takes for tags, and what is in its scripts.

/// A page's tags with the names of their attributes, in order, and the texts of its scripts.
#[derive(Debug, Default)]
pub(crate) struct Markup<'a> {
    pub(crate) tags: Vec<String>,
    /// With their opening tags.
    pub(crate) scripts: Vec<(&'a str, &'a str)>,
    /// What is between the tags.
    pub(crate) texts: Vec<&'a str>,
}

impl<'a> Markup<'a> {
    /// Reads a page that has every `<` of a text escaped, so that each begins a tag.
    ///
    /// # Panics
    /// When a tag or a script has no end.
    pub(crate) fn new(page: &'a str) -> Self {
        let (mut markup, mut rest) = (Self::default(), page);
        while let Some((text, after)) = rest.split_once('<') {
            markup.texts.push(text);
            let (tag, behind) = after.split_at(end_of_tag(after));
            markup.tags.push(bones(tag));
            rest = &behind[1..];
            for raw in ["script", "style"] {
                if tag.starts_with(raw) {
                    let end = rest.find(&format!("</{raw}")).expect("it has an end");
                    let (text, behind) = rest.split_at(end);
                    markup.scripts.push((tag, text));
                    rest = behind;
                }
            }
        }
        markup.texts.push(rest);
        markup
    }

    /// The text of the script with this in its opening tag.
    pub(crate) fn script(&self, id: &str) -> &'a str {
        let found = self.scripts.iter().find(|(tag, _)| tag.contains(id));
        found.unwrap_or_else(|| panic!("there is no script with {id}")).1
    }
}

/// Where the `>` is that is in no value of an attribute.
fn end_of_tag(tag: &str) -> usize {
    let mut quote = None;
    for (at, c) in tag.char_indices() {
        match (quote, c) {
            (None, '>') => return at,
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    panic!("a tag has no end: {}", &tag[..tag.len().min(80)])
}

/// A tag without the values of its attributes.
fn bones(tag: &str) -> String {
    let mut kept = String::new();
    for (n, piece) in tag.split('"').enumerate() {
        if n % 2 == 0 {
            kept.push_str(piece);
        }
    }
    kept
}
