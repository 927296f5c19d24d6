namespace Krewe.Serving;

/// <summary>Where the time of one run went: bringing inputs together, running the graph, taking outputs apart.</summary>
internal readonly record struct RunTimes(TimeSpan Input, TimeSpan Infer, TimeSpan Output);
