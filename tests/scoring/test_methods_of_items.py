"""Methods that count items and marks: boolean, checklist, points, deductions, panel; in tables, worked by hand."""

from tests.scoring.by_table import check_method

# 是否、要件清单


def test_boolean() -> None:
    check_method(
        {"kind": "boolean"},
        """
        value | score
        1     | 100
        0     | 0
        """,
    )


def test_boolean_with_marks_of_its_own() -> None:
    check_method(
        {"kind": "boolean", "met": 100, "not_met": 60},
        """
        value | score | reason
        1     | 100   |
        0     | 60    |
              |       | not_reported
        """,
    )


SIX = ["机关", "企业", "乡村", "社区", "校园", "军营"]


def test_checklist_is_items_met_over_all_items() -> None:
    check_method(
        {"kind": "checklist", "items": SIX},
        """
        .机关 | .企业 | .社区 | score   | reason
        1     |       | 1     | 33.333… |
        1     | 1     | 1     | 50      |
        0     | 0     | 0     | 0       |
              |       |       |         | not_reported
        """,
        accumulation="stage",
    )


def test_a_checklist_item_counts_once_however_often_it_was_met() -> None:
    check_method(
        {"kind": "checklist", "items": ["a", "b", "c", "d"]},
        """
        .a | .b | score
        5  |    | 25
        5  | 3  | 50
        -4 | 1  | 25
        """,
        accumulation="stage",
    )


def test_checklist_items_with_weights() -> None:
    check_method(
        {"kind": "checklist", "items": {"charter": 60, "minutes": 30, "photo": 10}},
        """
        .charter | .minutes | .photo | score
        1        |          |        | 60
        1        | 1        |        | 90
                 | 1        | 1      | 40
        """,
        accumulation="stage",
    )


def test_a_checklist_may_be_reported_as_a_count() -> None:
    check_method(
        {"kind": "checklist", "items": SIX},
        """
        value | score   | reason
        2     | 33.333… |
        6     | 100     |
        7     | 100     | capped
        """,
        accumulation="stage",
    )


# 采用积分、扣分制


KINDS = {"采用": 3, "市领导批示": 5, "省领导批示": 50}


def test_points_by_kind_with_full_marks_at_a_stated_total() -> None:
    check_method(
        {"kind": "points", "per_item": KINDS, "full_marks_at": 60, "cap": 100},
        """
        .采用 | .市领导批示 | .省领导批示 | status | score   | reason
        4     |             |             |        | 20      |
        4     | 3           |             |        | 45      |
        1     |             | 1           |        | 88.333… |
        30    |             |             |        | 100     | capped
        0     |             |             |        | 0       |
              |             |             | nil    | 0       | nil
              |             |             |        |         | not_reported
        """,
        accumulation="flow",
    )


def test_points_capped_by_kind() -> None:
    # At most 12 points for 采用: 10 × 3 = 30 counts 12, and 2 × 5 = 10 beside it.
    check_method(
        {"kind": "points", "per_item": KINDS, "cap_by_kind": {"采用": 12}, "full_marks_at": 40},
        """
        .采用 | .市领导批示 | score
        10    |             | 30
        10    | 2           | 55
        3     |             | 22.5
        """,
    )


def test_points_one_number_for_every_item_and_a_unit_with_full_marks_of_its_own() -> None:
    check_method(
        {"kind": "points", "per_item": 5, "cap": 120},
        """
        value | full_marks_at | score | reason
        4     |               | 20    |
        4     | 40            | 50    |
        10    | 40            | 120   | capped
        4     | 0             |       | bad_parameter
        """,
    )


def test_deductions_from_full_marks_not_below_the_floor() -> None:
    check_method(
        {"kind": "deductions", "per_case": {"通报批评": 10, "迟报": 2}, "floor": 40},
        """
        .通报批评 | .迟报 | status | score | reason
        1         | 3     |        | 84    |
        0         | 0     |        | 100   |
        7         |       |        | 40    | floored
                  |       | nil    | 100   | nil
                  |       |        |       | not_reported
        -1        |       |        |       | impossible_value
        """,
        accumulation="flow",
    )


def test_deductions_one_price_for_every_case_and_full_marks_of_its_own() -> None:
    check_method(
        {"kind": "deductions", "per_case": 4, "full_marks": 20},
        """
        value | score
        0     | 20
        2     | 12
        9     | 0
        """,
    )


# 评议


def test_panel_weighs_the_means_of_its_rater_groups() -> None:
    # Leaders (80 + 90)/2 = 85 × 0.6, peers 70 × 0.4: 79. A group that was not heard leaves the mean: 85.
    check_method(
        {"kind": "panel", "groups": {"leaders": 60, "peers": 40}},
        """
        .leaders/1 | .leaders/2 | .peers/1 | score | reason
        80         | 90         | 70       | 79    |
        80         | 90         |          | 85    |
                   |            | 70       | 70    |
                   |            |          |       | not_reported
        """,
    )


def test_panel_drops_the_highest_and_the_lowest_mark() -> None:
    # 100 and 20 go; 80, 85, 90 stay. With two marks there is nothing to drop.
    check_method(
        {"kind": "panel", "groups": {"jury": 1}, "trim": 1},
        """
        .jury/1 | .jury/2 | .jury/3 | .jury/4 | .jury/5 | score
        100     | 90      | 80      | 20      | 85      | 85
        60      | 80      |         |         |         | 70
        60      | 60      | 60      |         |         | 60
        """,
    )


def test_panel_on_a_scale_of_its_own() -> None:
    # Marks from 1 to 5: 4 is three quarters of the way.
    check_method(
        {"kind": "panel", "groups": {"jury": 1}, "scale": [1, 5]},
        """
        .jury/1 | .jury/2 | score
        4       | 4       | 75
        1       | 1       | 0
        5       | 4       | 87.5
        """,
    )


def test_panel_needs_enough_raters() -> None:
    check_method(
        {"kind": "panel", "groups": {"a": 1, "b": 1}, "min_raters": 3},
        """
        .a/1 | .a/2 | .b/1 | score | reason
        80   | 90   | 75   | 80    |
        80   | 90   |      |       | too_few_raters
        """,
    )


def test_a_mark_outside_the_scale_earns_nothing() -> None:
    # 150 on a scale to 100 is impossible; with a mark of 50 beside it the mean must not become 100.
    check_method(
        {"kind": "panel", "groups": {"jury": 1}},
        """
        .jury/1 | .jury/2 | score | reason
        150     | 50      |       | impossible_value
        -20     | 80      |       | impossible_value
        """,
    )
