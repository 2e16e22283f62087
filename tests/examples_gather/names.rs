//! `download`: a list that it cannot, or must not, take at its word.

use crate::download::{content, counts, download, folder, names};
use crate::run::run;
use crate::shelf::{Shelf, Way};
use std::fs;

/// Each says what is wrong with it. All are `CRC-32 SIZE NAME`, but for the first few.
const HARMFUL: [(&str, &str); 31] = [
    ("<html>", r#"line 2: "<html>" is not of the form: CRC-32 SIZE NAME"#),
    ("", r#"line 2: "" is not of the form"#),
    ("00000000 0", "is not of the form"),
    ("\u{1b}[2J", r#""\u{1b}[2J" is not of the form"#),
    ("checksum 0 a", r#""checksum" is not a CRC-32"#),
    ("0 0 a", r#""0" is not a CRC-32"#),
    ("+0000000 0 a", r#""+0000000" is not a CRC-32"#),
    ("00000000 -1 a", r#""-1" is not a number of bytes"#),
    ("00000000 +1 a", r#""+1" is not a number of bytes"#),
    ("00000000 1e3 a", r#""1e3" is not a number of bytes"#),
    ("00000000  a", r#""" is not a number of bytes"#),
    ("00000000 67108865 a", r#""67108865" bytes are more than the 67108864"#),
    ("00000000 99999999999999999999 a", "are more than the 67108864"),
    ("00000000 0 ", r#""" cannot name a file"#),
    ("00000000 0 .", r#""." cannot name a file"#),
    ("00000000 0 ..", r#"".." cannot name a file"#),
    ("00000000 0 ../outside", r#""../outside" cannot name a file"#),
    ("00000000 0 /outside", r#""/outside" cannot name a file"#),
    ("00000000 0 a\\b", r#""a\\b" cannot name a file"#),
    ("00000000 0 C:a", r#""C:a" cannot name a file"#),
    ("00000000 0 a b", r#""a b" cannot name a file"#),
    ("00000000 0 a?b", r#""a?b" cannot name a file"#),
    ("00000000 0 .part-Ab3dEf", r#"".part-Ab3dEf" cannot name a file"#),
    ("00000000 0 -rf", r#""-rf" cannot name a file"#),
    ("00000000 0 a.", r#""a." cannot name a file"#),
    ("00000000 0 \u{1b}]0;title\u{7}", r#""\u{1b}]0;title\u{7}" cannot name a file"#),
    ("00000000 0 \u{9b}31m\u{202e}", r#""\u{9b}31m\u{202e}" cannot name a file"#),
    ("00000000 0 NUL", r#""NUL" cannot name a file: it is a device on Windows"#),
    ("00000000 0 com1.tar.gz", r#""com1.tar.gz" cannot name a file: it is a device on Windows"#),
    ("00000000 0 a\n00000000 0 a", r#"line 3: "a" is in the list twice"#),
    ("00000000 0 b\n00000000 0 B", r#"line 3: "B" is the same file as "b" where case does not count"#),
];

/// Breaks if anything is fetched first, or if the text of the list reaches the terminal raw.
#[test]
fn a_list_that_could_do_harm_is_refused_as_a_whole() {
    let folder = folder("harm");
    for (list, reason) in HARMFUL {
        let shelf = Shelf::with_list(&[], format!("{:08x} 1 ok\n{list}\n", crc32fast::hash(b"x")));
        let run = download(&shelf, &folder);
        assert_eq!((run.status, run.stdout.as_str(), shelf.asked()), (Some(1), "", 0), "{list:?}");
        assert!(run.stderr.contains(reason), "{list:?}: {}", run.stderr.escape_debug());
        let printed = run.stderr.trim_end_matches('\n');
        assert!(!printed.contains(|c: char| c.is_control() || c == '\u{202e}'), "{printed:?}");
    }
    assert_eq!(names(&folder), [""; 0]);
}

/// Breaks if a list's length, a line's or a name's has no limit.
#[test]
fn a_list_that_is_too_long_or_no_text_is_refused_in_a_few_words() {
    let many = (0..100_001).map(|number| format!("00000000 0 {number}\n")).collect();
    let cases = [
        (many, "the list has more than 100000 files"),
        (format!("00000000 0 {}\n", "a".repeat(256)), "a name has 255 characters at most"),
        ("x".repeat(1_000_000), "is not of the form: CRC-32 SIZE NAME"),
    ];
    let folder = folder("long");
    for (list, reason) in cases {
        let shelf = Shelf::with_list(&[], list);
        let run = download(&shelf, &folder);
        assert_eq!((run.status, run.stdout.as_str(), shelf.asked()), (Some(1), "", 0), "{reason}");
        assert!(run.stderr.contains(reason) && run.stderr.len() < 500, "{reason}: {:.500}", run.stderr);
    }
    let shelf = Shelf::with_raw_list(&[], b"00000000 0 caf\xe9\n".to_vec());
    let run = download(&shelf, &folder);
    assert_eq!((run.status, run.stdout.as_str()), (Some(1), ""));
    assert!(run.stderr.contains("the list is not text in UTF-8"), "{}", run.stderr);
    assert_eq!(names(&folder), [""; 0]);
}

/// Breaks if one file's temporary name is another's final name. One at a time, so that `x`
/// always comes after `x.part`.
#[test]
fn what_is_said_to_be_downloaded_is_in_the_folder() {
    let (folder, contents) = (folder("part"), [content(6), content(7), content(8)]);
    let names_of_all = ["x.part", "x", "x.part.part"];
    let files = [0, 1, 2].map(|i| (names_of_all[i], &contents[i][..], Way::Whole));
    let shelf = Shelf::start(&files);
    let args = ["--url", &shelf.url(), "--folder", folder.to_str().unwrap(), "--limit", "1"];
    for expected in [(3, 0, 0), (0, 3, 0)] {
        let run = run("download", &args);
        assert_eq!((run.status, run.stderr.as_str(), counts(&run)), (Some(0), "", expected));
        assert_eq!(names(&folder), ["x", "x.part", "x.part.part"]);
        for (name, content, _) in files {
            assert!(fs::read(folder.join(name)).unwrap() == content, "{name}");
        }
    }
}

/// Breaks if the rule for names refuses what every system takes.
#[test]
fn plain_names_are_taken() {
    let (folder, good) = (folder("plain"), content(9));
    let longest = "n".repeat(if cfg!(windows) { 100 } else { 255 }); // a path there has 260
    let mut all = ["file-0001.bin", "README", "a.tar.gz", "_x", "console", "com10", "7", &longest];
    let run = download(&Shelf::start(&all.map(|name| (name, &good[..], Way::Whole))), &folder);
    assert_eq!((run.status, run.stderr.as_str(), counts(&run)), (Some(0), "", (8, 0, 0)));
    all.sort();
    assert_eq!(names(&folder), all);
}
