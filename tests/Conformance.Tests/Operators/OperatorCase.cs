using Krewe.Conformance.Tests.Wire;

namespace Krewe.Conformance.Tests.Operators;

/// <summary>A stored model with the sets of inputs stored beside it.</summary>
internal sealed record OperatorCase(string Model, string ModelPath, IReadOnlyList<string> InputFolders)
{
    /// <summary>Where Debian's package libonnx-testdata puts the models.</summary>
    public const string Folder = "/usr/share/libonnx-testdata/data";

    /// <summary>Every model there is; none where the data is not on this machine.</summary>
    public static IReadOnlyList<OperatorCase> FindAll() => !Directory.Exists(Folder)
        ? []
        :
        [
            .. Directory.EnumerateFiles(Folder, "model.onnx", SearchOption.AllDirectories)
                .Order(StringComparer.Ordinal)
                .Select(static path => Of(path)),
        ];

    public byte[] ReadModel() => File.ReadAllBytes(ModelPath);

    /// <summary>The stored inputs under the names given; null where one is no tensor of a protocol datatype.</summary>
    public static IReadOnlyList<WireTensor>? ReadInputs(string folder, IReadOnlyList<string> names)
    {
        var inputs = new List<WireTensor>();
        for (var i = 0; i < names.Count; i++)
        {
            if (Path.Combine(folder, $"input_{i}.pb") is var path && !File.Exists(path))
            {
                return null;
            }
            else if (TensorFile.Read(path, names[i]) is { } tensor)
            {
                inputs.Add(tensor);
            }
            else
            {
                return null;
            }
        }

        return inputs;
    }

    private static OperatorCase Of(string path)
    {
        var folder = Path.GetDirectoryName(path)!;
        var name = $"{Path.GetFileName(Path.GetDirectoryName(folder))}-{Path.GetFileName(folder)}";
        return new OperatorCase(
            Sanitise(name), path, [.. Directory.EnumerateDirectories(folder, "test_data_set_*").Order(StringComparer.Ordinal)]);
    }

    private static string Sanitise(string name) =>
        string.Concat(name.Select(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' ? c : '_'));
}
