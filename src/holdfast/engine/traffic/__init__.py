"""What a router of traffic should be told: desired objects of each router, as functions of weights."""
