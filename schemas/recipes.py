"""How rules that schemes have in common are written in a plan: a table for the reference of the format.

Every line stands for a scheme in ``tests/schemes`` that is scored so.
"""

RECIPES: list[tuple[str, str, str]] = [
    # what a scheme says (zh, en), what the plan says
    ("各项按分值计,满分若干", "points out of so many, item by item",
     "`weight` = points, `weights: relative`, `full_marks`"),
    ("各项分值先取整再相加", "each item's points are rounded, then added", "`places: 2`, `places_of: points`"),
    ("全部达到才算", "all of these must be met", "`aggregate: min`"),
    ("其中一项达到即可", "one of these is enough", "`aggregate: max`"),
    ("五项中至少两项", "at least two of five", "`best: 2`, `aggregate: min`"),
    ("去掉最差的一次", "the worst one is left out", "`best: n − 1`"),
    ("先过门槛才能评等次", "hurdles before a grade", "a section of weight 0, `node_floors`"),
    ("某项不过,总分封顶", "the total is capped where a hurdle is missed",
     "`aggregate: min` of the total and `bands` with `value_from: NODE`"),
    ("按两个维度查表", "a table of two dimensions", "a sum that names the cell, `bands` with `value_from: NODE`"),
    ("乘以系数", "times a coefficient", "`aggregate: product`; weights are exponents"),
    ("标准化之后再标准化", "standardised twice", "`zscore` with `value_from: NODE`"),
    ("越低越好,第一名最低", "the lowest total is the best", "`rank: {order: down}`, grades with `ceiling` or `below`"),
    ("与平均值、中位数之差", "difference from the mean or the median",
     "`bands` with `of: difference`, `target: group_mean`"),
    ("与自定目标之差,上下不同率", "own level, other rates above and below",
     "`bands` with `of: difference`, rows `target`"),
    ("高于全体平均的百分比加分", "points for each per cent above the mean",
     "`attainment` with `target: group_mean`, `per_point_above`"),
    ("按占比分配", "a share of the pot", "`share_of_total`, with `value_from: NODE` for a score"),
    ("样本太少给固定分或不计", "too few cases: a flat score, or left out", "`min_denominator`, `too_few`"),
    ("各单位自定权重,一起排名", "everyone's own weights, one ranking",
     "a class for each unit, `weight_by_class`, `rank: {within: all}`"),
    ("各单位任务清单不同", "everyone's own list of duties", "`assigned_to: []`, `assignments.csv`"),
    ("本月比上月的进步", "progress on the month before", "`growth` with `on: previous_period`"),
    ("四舍五入到半星", "rounded to half a star", "`total: {step: 0.5}`"),
    ("前30%为优秀,前70%为良好以上", "the first 30 %, the first 70 % at least",
     "`quota`, `quota: {counted: cumulative}`"),
]  # fmt: skip
