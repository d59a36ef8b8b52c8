"""The scorecard: a team's numbers beside the cited figures. The same results feed the page, the file and the command line.

`sources` what is loaded · `request` what is asked · `headlines` the numbers at the top · `claims` each figure compared ·
`stakes` what reaching it would be worth · `build` all of it together · `document` all of it for scripts.
"""
