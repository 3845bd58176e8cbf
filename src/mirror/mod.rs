//! Mirror-image assignment.
pub struct Unit {
    pub candidates: Vec<usize>,
    pub fixed: Option<Vec<usize>>,
}
pub struct Problem(Vec<Unit>);
pub struct Solution {
    pub orders: Vec<Vec<usize>>,
}
impl Problem {
    pub fn new(_n: usize, u: Vec<Unit>) -> Result<Self, ()> {
        Ok(Self(u))
    }
}
pub fn solve(p: &Problem) -> Solution {
    Solution {
        orders: p.0.iter().map(|u| u.candidates.clone()).collect(),
    }
}
