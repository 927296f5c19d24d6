namespace Krewe.Serving.OnnxFiles;

/// <summary>Counts what is kept in memory from one file, and ends the reading where that is too much.</summary>
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
