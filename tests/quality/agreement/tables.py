"""Small published tables of answers, as rows of (unit, rater, answer)."""

FOUR_RATERS = {
    "a": "1 2 3 3 2 1 4 1 2 . . .",
    "b": "1 2 3 3 2 2 4 1 2 5 . .",
    "c": ". 3 3 3 2 3 4 2 2 5 1 3",
    "d": "1 2 3 3 2 4 4 1 2 5 1 .",
}
"""Reliability data of Krippendorff (2011), twelve units; Gwet's handbook (2014) has the same table."""

DIAGNOSES = """
    00060 03003 01401 00006 03030 20400 00402 20310 20040 00006 10050 11040 03300 10050 02031 00501 30012 51000 02040
    10203 00006 01050 02013 20040 10041 05010 40002 02040 10500 00006
"""
"""Fleiss (1971): 30 patients, six psychiatrists; how often each of five diagnoses was given."""

ANAESTHESIA = """
    1111111 3334334 1122122 2223121 2223222 2223322 1222111 3333433 2222223 2322223 4444444 2223343 1111111 2223212
    1211111 1112111 1111111 1111111 2222221 2221322 2222222 2222221 2223222 2212222 1111111 1111111 2322222 1111111
    1111111 1121121 1111111 3333233 1111111 2222222 2223232 4334343 2212232 2323233 3333432 1111111 1111111 1212111
    2322222 1211111 2222222
"""
"""Dawid & Skene (1979), table 1: 45 patients, three answers of the first anaesthetist, one of each of four others."""

ANAESTHESIA_TRUTH = "142222132243121111222222112111131224233111212"

SHROUT_FLEISS = {"a": "9 6 8 7 10 6", "b": "2 1 4 1 5 2", "c": "5 3 6 2 6 4", "d": "8 2 8 6 9 7"}
"""Shrout & Fleiss (1979), table 2: four judges, six targets."""


def four_raters():
    return rows_of(FOUR_RATERS)


def rows_of(raters):
    """Rater -> answers to units 1, 2, …; "." is a missing one."""
    return [
        (str(unit), rater, int(answer))
        for rater, answers in raters.items()
        for unit, answer in enumerate(answers.split(), start=1)
        if answer != "."
    ]


def diagnoses():
    return [
        (str(patient), f"{number}-{chosen}", str(number))
        for patient, counts in enumerate(DIAGNOSES.split())
        for number, count in enumerate(counts)
        for chosen in range(int(count))
    ]


def anaesthesia():
    return [
        (str(patient), str(observer), answer)
        for patient, answers in enumerate(ANAESTHESIA.split(), start=1)
        for observer, answer in zip((1, 1, 1, 2, 3, 4, 5), answers, strict=True)
    ]
