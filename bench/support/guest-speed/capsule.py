"""Job: stands for the capsule package where a program runs natively: a task is its function. Never: more."""


def task(**_options):
    return lambda function: function
