namespace Krewe.Grains.Tests.Storm;

/// <summary>One call: when, which version answered, and the one asked for, 0 where none was.</summary>
internal readonly record struct StormCall(long Begin, long End, int Version, int Named);
