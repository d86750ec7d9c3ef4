"""What every REST route shares: problem details, paging."""
