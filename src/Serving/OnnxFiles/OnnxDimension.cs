namespace Krewe.Serving;

/// <summary>One dimension of a declared shape: a number, a symbol (<c>batch</c>), or neither: free.</summary>
internal readonly record struct OnnxDimension(long? Value, string? Symbol);
