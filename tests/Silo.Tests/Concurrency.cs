// Most tests wait for silos that are processes of their own.
[assembly: Xunit.v3.Parallelization(MaxThreads = 3)]
