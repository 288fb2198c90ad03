//! The edge in front of an upstream of the test's own, which shows exactly what is passed on and
//! answers as no healthy worker would.

mod cache;
mod handover;
mod limits;
mod member;
mod slow;
mod streams;
mod support;
mod trust;
