//! Whole-product tests and benches. The tests are in `tests/it`, the benches in
//! `src/bin/freehold-bench`; this library only gives them a home.
