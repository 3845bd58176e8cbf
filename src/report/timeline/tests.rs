//! The picture is well-formed, holds everything, and lets no name out of its place.

use super::*;

fn change(t_us: u64, state: LaneState) -> Change {
    Change {
        t_us,
        state,
        cause: "master timed out".to_owned(),
    }
}

fn run(end_us: u64) -> Timeline {
    let lane = |host: &str, changes| Lane {
        host: host.to_owned(),
        label: "vhid 1 on em0".to_owned(),
        service: "192.0.2.1 </script><b>".to_owned(),
        changes,
    };
    Timeline {
        title: "pair <&> \"quotes\"".to_owned(),
        end_us,
        lanes: vec![
            lane(
                "a",
                vec![
                    change(0, LaneState::Backup),
                    change(3_000_000, LaneState::Master),
                    change(20_000_000, LaneState::Off),
                ],
            ),
            lane(
                "b",
                vec![
                    change(0, LaneState::Backup),
                    change(23_390_625, LaneState::Master),
                ],
            ),
        ],
        marks: vec![
            Mark {
                t_us: 20_000_000,
                label: "a crashes".to_owned(),
            },
            Mark {
                t_us: 20_100_000,
                label: "and a long word about it".to_owned(),
            },
            Mark {
                t_us: end_us,
                label: "the end of all this".to_owned(),
            },
        ],
    }
}

/// Elements are closed in the order in which they are opened.
fn assert_nested(text: &str) {
    let mut open: Vec<&str> = Vec::new();
    for piece in text.split('<').skip(1) {
        let tag = piece.split('>').next().unwrap();
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{text}");
        } else if !tag.ends_with('/') {
            open.push(tag.split_whitespace().next().unwrap());
        }
    }
    assert_eq!(open, Vec::<&str>::new());
}

#[test]
fn the_image_is_nested_and_escaped() {
    for end_us in [0, 1, 999, 60_000_000, 86_400_000_000, u64::MAX] {
        let svg = timeline_svg(&run(end_us)).unwrap();
        assert!(
            svg.starts_with("<svg ") && svg.ends_with("</svg>\n"),
            "{svg}"
        );
        assert!(svg.contains("pair &lt;&amp;&gt; &quot;quotes&quot;"));
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
        assert_nested(&svg);
    }
}

#[test]
fn the_page_holds_the_run_and_no_name_ends_its_script() {
    let page = timeline_page(&run(60_000_000)).unwrap();
    assert_eq!(page.matches("</script>").count(), 2);
    for foreign in ["http://", "https://", "src=", "@import", "url("] {
        let outside = page.replace("http://www.w3.org/2000/svg", "");
        assert!(!outside.contains(foreign), "{foreign}");
    }
    let data = page
        .split_once("id=\"run\">")
        .unwrap()
        .1
        .split_once("</script>")
        .unwrap()
        .0;
    let read: serde_json::Value = serde_json::from_str(data).unwrap();
    assert_eq!(read["lanes"][1]["changes"][1]["state"], "MASTER");
    assert_eq!(read["lanes"][0]["service"], "192.0.2.1 </script><b>");
    assert!(page.contains("23.390625 s"));
}

#[test]
fn labels_that_would_cover_each_other_stand_in_rows_of_their_own() {
    let layout = serde_json::to_value(Layout::of(&run(60_000_000))).unwrap();
    let marks = layout["marks"].as_array().unwrap();
    assert_ne!(marks[0]["label_y"], marks[1]["label_y"]);
    assert_eq!(marks[2]["before"], true);
}

#[test]
fn ticks_are_few_and_round() {
    for (end_us, last) in [
        (60_000_000, "60 s"),
        (100_000, "0.10 s"),
        (1_000_000, "1.0 s"),
        (86_400_000_000, "80000 s"),
    ] {
        let layout = serde_json::to_value(Layout::of(&run(end_us))).unwrap();
        let ticks = layout["ticks"].as_array().unwrap();
        assert!((4..=13).contains(&ticks.len()), "{ticks:?}");
        assert_eq!(ticks.last().unwrap()["time"], last, "{ticks:?}");
    }
}

#[test]
fn times_keep_what_they_need() {
    assert_eq!(seconds(15_390_625), "15.390625 s");
    assert_eq!(seconds(3_000_000), "3.000 s");
    assert_eq!(seconds(200), "0.0002 s");
}
