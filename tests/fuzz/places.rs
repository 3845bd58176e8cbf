//! Places lie inside the text, and lines and columns agree with the byte.

use carpgen::model::Place;

/// What stands at a place, up to the end of the text.
pub(crate) fn behind(text: &str, place: Place) -> &str {
    let offset = place.offset as usize;
    assert!(
        text.is_char_boundary(offset),
        "{place:?} is not inside of {text:?}"
    );
    let before = &text[..offset];
    let line = 1 + before.matches('\n').count();
    let column = 1 + before.rsplit('\n').next().unwrap().chars().count();
    assert_eq!((place.line as usize, place.column as usize), (line, column));
    &text[offset..]
}

/// Asserts that a place is one of the text.
pub(crate) fn assert_inside(text: &str, place: Place) {
    behind(text, place);
}
