//! `gather!` and `try_gather!` name nothing that a crate without `std` and without a prelude
//! has not.

#![no_std]
#![no_implicit_prelude]

use ::core::assert_eq;
use ::core::future::ready;
use ::core::result::Result::{self, Ok};

#[test]
fn the_macros_need_neither_std_nor_a_prelude() {
    ::shirr::block_on(async {
        assert_eq!(::shirr::gather!(ready(1), ready('a')).await, (1, 'a'));
        let values: Result<_, u8> = ::shirr::try_gather!(ready(Ok(1)), ready(Ok('a'))).await;
        assert_eq!(values, Ok((1, 'a')));
    });
}
