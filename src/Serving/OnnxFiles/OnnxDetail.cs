namespace Krewe.Serving.OnnxFiles;

/// <summary>
/// Counts what is kept of a graph's nodes. Where that is too much, or a part is odd, nothing more is kept and the model is served
/// without being looked into: what nodes say is not needed to run it.
/// </summary>
internal sealed class OnnxDetail
{
    private const int ObjectBytes = 64;
    private long bytes;

    /// <summary>True where the nodes are not wanted any more.</summary>
    public bool IsGivenUp { get; private set; }

    public void GiveUp() => IsGivenUp = true;

    /// <summary>Counts an object with so many bytes behind it; false where it must not be kept.</summary>
    public bool TryKeep(int size = 0)
    {
        bytes += ObjectBytes + size;
        IsGivenUp |= bytes > OnnxLimits.GraphBytes;
        return !IsGivenUp;
    }

    /// <summary>Reads the text that the current field is; empty where it cannot be kept.</summary>
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
