using System.Globalization;
using System.Text;
using Krewe.Serving.Publishing.Files;

namespace Krewe.Serving.Publishing.Archives;

/// <summary>The extended headers before a tar entry: names too long and sizes too large for the header.</summary>
internal sealed class TarExtensions
{
    private const string Sparse = "GNU.sparse.";

    public string? Name { get; private set; }

    public long? Size { get; private set; }

    /// <summary>Reads GNU's long name.</summary>
    public void TakeLongName(byte[] data) => Name = TarHeader.Text(data);

    /// <summary>Reads POSIX (pax) records, <c>length key=value\n</c> each; keys other than name and size are skipped.</summary>
    public void TakeRecords(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            var blank = data.IndexOf((byte)' ');
            var isLength = int.TryParse(data[..Math.Max(blank, 0)], NumberStyles.None, CultureInfo.InvariantCulture, out var length);
            if (!isLength || length < blank + 3 || length > data.Length || data[length - 1] != '\n')
            {
                throw new ArchiveException("it is damaged: an extended header cannot be read");
            }

            Take(Encoding.UTF8.GetString(data[(blank + 1)..(length - 1)]));
            data = data[length..];
        }
    }

    private void Take(string record)
    {
        var at = record.IndexOf('=', StringComparison.Ordinal);
        var (key, value) = at < 0 ? (record, "") : (record[..at], record[(at + 1)..]);
        if (key.StartsWith(Sparse, StringComparison.Ordinal))
        {
            throw new ArchiveException("it has a sparse file: pack it without the option that leaves holes out");
        }

        Name = key == "path" ? value : Name;
        if (key == "size")
        {
            Size = long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var size)
                ? size
                : throw new ArchiveException("it is damaged: a size is not a number");
        }
    }
}
