using System.Globalization;

namespace Krewe.Serving.OnnxFiles;

/// <summary>Reads a tensor's type and shape, its external files, and its values if they are few.</summary>
internal static class OnnxTensorReader
{
    private const ulong External = 1;

    /// <summary>Reads the current field as a tensor.</summary>
    public static (OnnxConstant Tensor, List<OnnxExternalFile> ExternalFiles) Read(ProtobufReader reader)
    {
        var outer = reader.Enter();
        var name = "";
        var isExternal = false;
        var entries = new List<(string Key, string Value)>();
        var values = new OnnxTensorValues();
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case (8, ProtobufEncoding.Bytes):
                    name = reader.Text("the name of a tensor");
                    break;
                case (13, ProtobufEncoding.Bytes):
                    entries.Add(Entry(reader));
                    break;
                case (14, ProtobufEncoding.Varint):
                    isExternal |= reader.Varint() == External;
                    break;
                default:
                    values.Read(reader, field);
                    break;
            }
        }

        reader.Leave(outer);
        return (values.ToConstant(name, isExternal || entries.Count > 0), ExternalFiles(name, isExternal, entries));
    }

    private static (string Key, string Value) Entry(ProtobufReader reader)
    {
        var outer = reader.Enter();
        var (key, value) = ("", "");
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case (1, ProtobufEncoding.Bytes):
                    key = reader.Text("a key of an external tensor");
                    break;
                case (2, ProtobufEncoding.Bytes):
                    value = reader.Text("the location of an external tensor");
                    break;
                default:
                    reader.Skip(field);
                    break;
            }
        }

        reader.Leave(outer);
        return (key, value);
    }

    // A location counts even if the tensor is not marked as external, and so does every one of several: readers differ in which one they
    // use.
    private static List<OnnxExternalFile> ExternalFiles(string name, bool isExternal, List<(string Key, string Value)> entries)
    {
        if (entries.Count == 0 && !isExternal)
        {
            return [];
        }

        var minLength = Number(name, entries, "offset") + Number(name, entries, "length");
        var files = entries.Where(entry => entry.Key == "location").Select(entry => new OnnxExternalFile(entry.Value, minLength)).ToList();
        return isExternal && files.Count == 0
            ? throw new OnnxFileException($"tensor '{name}' is external and has no location")
            : files;
    }

    private static long Number(string name, List<(string Key, string Value)> entries, string key)
    {
        var largest = 0L;
        foreach (var (_, text) in entries.Where(entry => entry.Key == key))
        {
            if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > long.MaxValue / 4)
            {
                throw new OnnxFileException($"tensor '{name}' has the external {key} '{text}': expected a number of bytes");
            }

            largest = Math.Max(largest, number);
        }

        return largest;
    }
}
