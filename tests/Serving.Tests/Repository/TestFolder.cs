namespace Krewe.Serving.Tests.Repository;

/// <summary>A folder of its own for a test, removed at its end.</summary>
internal sealed class TestFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("krewe-test-").FullName;

    public string this[string relative] => System.IO.Path.Combine(Path, relative);

    /// <summary>Writes a file, its folders made where needed, last written some time ago.</summary>
    public string Write(string relative, ReadOnlySpan<byte> content, TimeSpan age = default)
    {
        var path = this[relative];
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        File.SetLastWriteTimeUtc(path, (TimeProvider.System.GetUtcNow() - age).UtcDateTime);
        return path;
    }

    public string Write(string relative, string content, TimeSpan age = default) =>
        Write(relative, System.Text.Encoding.UTF8.GetBytes(content), age);

    /// <summary>Puts a link where <paramref name="relative"/> is, leading to <paramref name="target"/>.</summary>
    public void Link(string relative, string target, bool isFolder = false)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(this[relative])!);
        _ = isFolder ? Directory.CreateSymbolicLink(this[relative], target) : File.CreateSymbolicLink(this[relative], target);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
