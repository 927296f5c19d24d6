namespace Krewe.Api;

/// <summary>Takes the elements of a tensor one after the other.</summary>
internal interface IElementSink
{
    /// <summary>Elements taken so far.</summary>
    long Count { get; }

    /// <summary>
    /// Reads the element at <paramref name="position"/> and moves past it; false where the type cannot hold what is there.
    /// </summary>
    bool TryRead(ReadOnlySpan<byte> json, ref int position);
}
