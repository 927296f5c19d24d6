namespace Krewe.Benchmarks.Isolation;

/// <summary>What was done to another model.</summary>
/// <param name="Spans">When.</param>
/// <param name="Text">How much, for the table.</param>
internal sealed record Disturbance(IReadOnlyList<Span> Spans, string Text);
