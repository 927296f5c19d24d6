namespace Krewe.Serving.OnnxFiles;

/// <summary>Limits the memory kept from one file; throws beyond the limit.</summary>
internal sealed class OnnxKeptBytes
{
    private const int ObjectBytes = 64;
    private long bytes;

    public string Add(string text)
    {
        Add(text.Length * sizeof(char));
        return text;
    }

    public void Add(int size)
    {
        bytes += ObjectBytes + size;
        if (bytes > OnnxLimits.KeptBytes)
        {
            throw new OnnxFileException($"its names and shapes alone take more than {OnnxLimits.KeptBytes >> 20} MiB");
        }
    }
}
