namespace Krewe.Api.TensorJson;

/// <summary>Receives the elements of a tensor in order.</summary>
internal interface IElementSink
{
    /// <summary>Elements read so far.</summary>
    long Count { get; }

    /// <summary>
    /// Reads the element at <paramref name="position"/> and advances it; false if the type cannot hold the value.
    /// </summary>
    bool TryRead(ReadOnlySpan<byte> json, ref int position);

    /// <summary>
    /// Reads up to <paramref name="max"/> elements that are followed by commas, as far as there is a faster way; returns how many, and
    /// advances the position beyond the last one's comma.
    /// </summary>
    int ReadAhead(ReadOnlySpan<byte> json, ref int position, long max);
}

/// <summary>Parses one element type from JSON; static abstract, so that the loop over a tensor is specialized per type.</summary>
internal interface IJsonElement<T>
    where T : unmanaged
{
    /// <summary>
    /// Parses the value at <paramref name="position"/> and advances it; false (position undefined) if there is no valid value.
    /// <see cref="TensorDataFault"/> finds the reason.
    /// </summary>
    static abstract bool TryRead(ReadOnlySpan<byte> json, ref int position, out T value);

    /// <summary>The value of a number; false if the type cannot hold it, or cannot tell by this way.</summary>
    static virtual bool TryConvert(in DecimalNumber number, out T value)
    {
        value = default;
        return false;
    }
}
