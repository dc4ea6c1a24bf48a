//! Lines of YAML in one of several hands.

/// Numbers that look random and are the same in every run.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new() -> Self {
        Self(0x5DEE_CE66_D1CE_4E5B)
    }

    /// A number below `limit`.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let high = usize::try_from(self.0 >> 33).unwrap_or_default();
        high % limit
    }

    pub(super) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}

/// How a document is indented.
#[derive(Clone, Copy)]
pub(super) struct Style {
    /// The columns by which a mapping is indented.
    step: usize,
    /// The columns by which a dash is indented.
    dash: usize,
}

impl Style {
    /// Those that people use, the usual ones more often.
    pub(super) const ALL: [Self; 6] = [
        Self { step: 2, dash: 0 },
        Self { step: 2, dash: 2 },
        Self { step: 2, dash: 0 },
        Self { step: 2, dash: 2 },
        Self { step: 4, dash: 4 },
        Self { step: 4, dash: 0 },
    ];
}

/// Writes one resource line by line.
pub(super) struct Writer {
    text: String,
    style: Style,
    column: usize,
    /// The next line begins with a dash.
    dash: bool,
}

impl Writer {
    /// A resource as a document of a stream.
    pub(super) fn document(style: Style) -> Self {
        Self { text: "---\n".to_owned(), style, column: 0, dash: false }
    }

    /// A resource as an item of a list.
    pub(super) fn item(style: Style) -> Self {
        Self { text: String::new(), style, column: 2, dash: true }
    }

    pub(super) fn finish(self) -> String {
        self.text
    }

    /// One line in the mapping that is being written.
    pub(super) fn line(&mut self, text: &str) {
        if std::mem::take(&mut self.dash) {
            self.indent(self.column - 2);
            self.text.push_str("- ");
        } else {
            self.indent(self.column);
        }
        self.text.push_str(text);
        self.text.push('\n');
    }

    pub(super) fn lines(&mut self, lines: &[&str]) {
        lines.iter().for_each(|line| self.line(line));
    }

    /// A comment above the next line, dash or not.
    pub(super) fn comment(&mut self, text: &str) {
        self.indent(if self.dash { self.column - 2 } else { self.column });
        self.text.push_str("# ");
        self.text.push_str(text);
        self.text.push('\n');
    }

    /// A key with a mapping below it.
    pub(super) fn mapping(&mut self, key: &str, entries: impl FnOnce(&mut Self)) {
        self.below(key, self.style.step, entries);
    }

    /// A key with a sequence below it, of which `items` writes each item by [`Writer::element`].
    pub(super) fn sequence(&mut self, key: &str, items: impl FnOnce(&mut Self)) {
        self.below(key, self.style.dash, items);
    }

    /// A mapping as an element of a sequence.
    pub(super) fn element(&mut self, entries: impl FnOnce(&mut Self)) {
        self.column += 2;
        self.dash = true;
        entries(self);
        self.dash = false;
        self.column -= 2;
    }

    /// A key with a block scalar.
    pub(super) fn scalar(&mut self, head: &str, lines: &[&str]) {
        self.below_head(head, self.style.step, |writer| writer.lines(lines));
    }

    fn below(&mut self, key: &str, columns: usize, content: impl FnOnce(&mut Self)) {
        self.below_head(&format!("{key}:"), columns, content);
    }

    fn below_head(&mut self, head: &str, columns: usize, content: impl FnOnce(&mut Self)) {
        self.line(head);
        self.column += columns;
        content(self);
        self.column -= columns;
    }

    fn indent(&mut self, columns: usize) {
        self.text.extend(std::iter::repeat_n(' ', columns));
    }
}
