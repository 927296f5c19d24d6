namespace Krewe.Serving.OnnxFiles;

/// <summary>
/// Limits the memory kept for a graph's nodes. Beyond the limit, or if a part is malformed, the nodes are dropped and the model is served
/// without row analysis.
/// </summary>
internal sealed class OnnxDetail
{
    private const int ObjectBytes = 64;
    private long bytes;

    /// <summary>True once the nodes are dropped.</summary>
    public bool IsGivenUp { get; private set; }

    public void GiveUp() => IsGivenUp = true;

    /// <summary>Counts an object plus <paramref name="size"/> bytes; false if it must not be kept.</summary>
    public bool TryKeep(int size = 0)
    {
        bytes += ObjectBytes + size;
        IsGivenUp |= bytes > OnnxLimits.GraphBytes;
        return !IsGivenUp;
    }

    /// <summary>Reads the current field as text; empty if it cannot be kept.</summary>
    public string Text(ProtobufReader reader)
    {
        if (reader.TextOrNull() is not { } text)
        {
            GiveUp();
            return "";
        }

        return TryKeep(text.Length * sizeof(char)) ? text : "";
    }
}
