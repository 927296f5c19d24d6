// Times and memory are measured on whole machines: one cluster at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
