"""Rounds of the survey: set up, asked, answered, closed.

`model` has the results, `manage` what a manager does, `people` who is asked, `reminding` how they are reminded, `answering` what a
respondent does, `closed` what there is after the close; `sealing` keeps invitations and answers apart until then.
"""
