using Krewe.Onnx.Building;

namespace Krewe.Processes;

/// <summary>
/// A folder of models for a server. What is put in before the server starts counts as written long ago; what comes later appears
/// whole, by a rename.
/// </summary>
public sealed class ModelsFolder : IDisposable
{
    private static readonly DateTime LongAgo = new(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private readonly TemporaryFolder root = new();
    private readonly TemporaryFolder staging = new();

    public string Path => root.Path;

    public ModelsFolder Add(string name, ModelBuilder model, string? settings = null) => Add(name, 1, model.ToBytes(), settings);

    /// <summary>Adds a version, with the text of a <c>model.json</c> where one is given.</summary>
    public ModelsFolder Add(string name, int version, byte[] model, string? settings = null)
    {
        var modelFolder = root.Folder(name);
        if (settings is not null)
        {
            WriteOld(System.IO.Path.Combine(modelFolder, "model.json"), System.Text.Encoding.UTF8.GetBytes(settings));
        }

        var staged = staging.Folder(Guid.NewGuid().ToString("N"));
        WriteOld(System.IO.Path.Combine(staged, "model.onnx"), model);
        Directory.Move(staged, VersionFolder(name, version));
        return this;
    }

    /// <summary>Adds a file of a model's own folder.</summary>
    public ModelsFolder AddFile(string name, string file, string text)
    {
        WriteOld(System.IO.Path.Combine(root.Folder(name), file), System.Text.Encoding.UTF8.GetBytes(text));
        return this;
    }

    /// <summary>Puts other bytes in a version's place, in one step.</summary>
    public void Replace(string name, int version, byte[] model)
    {
        var staged = System.IO.Path.Combine(staging.Path, Guid.NewGuid().ToString("N"));
        File.WriteAllBytes(staged, model);
        File.Move(staged, System.IO.Path.Combine(VersionFolder(name, version), "model.onnx"), overwrite: true);
    }

    /// <summary>Takes a version away, in one step.</summary>
    public void Remove(string name, int version) =>
        Directory.Move(VersionFolder(name, version), System.IO.Path.Combine(staging.Path, Guid.NewGuid().ToString("N")));

    public void Dispose()
    {
        root.Dispose();
        staging.Dispose();
    }

    private string VersionFolder(string name, int version) => System.IO.Path.Combine(root.Path, name, $"{version}");

    private static void WriteOld(string path, byte[] bytes)
    {
        File.WriteAllBytes(path, bytes);
        File.SetLastWriteTimeUtc(path, LongAgo);
    }
}
