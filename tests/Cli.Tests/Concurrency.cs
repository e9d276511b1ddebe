// Most tests wait for processes of their own, or for leases to run out.
[assembly: Xunit.v3.Parallelization(MaxThreads = 4)]
