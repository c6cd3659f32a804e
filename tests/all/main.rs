//! The library and the program from outside. One program of all of these, since to link each by
//! itself takes longer than to run it.

mod between;
mod cli;
mod differential;
mod fidelity;
mod generator;
mod hostile;
mod resume;
