using Krewe.Onnx.Building;

namespace Krewe.Benchmarks.Models;

/// <summary>
/// A repository of models that is gone afterwards. Its files look older than they are: Krewe lists a new file only when it has not
/// changed for some seconds, and nobody is to wait for that here.
/// </summary>
internal sealed class ModelFolder : IDisposable
{
    private readonly DateTime written = TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(-1);

    public string Path { get; } = Directory.CreateTempSubdirectory("krewe-bench-").FullName;

    /// <summary>Adds a version; gives the path of its file.</summary>
    public string Add(string model, ModelBuilder builder, int version = 1) => Add(model, builder.ToBytes(), version);

    public string Add(string model, byte[] bytes, int version = 1)
    {
        var folder = System.IO.Path.Combine(Path, model, $"{version}");
        Directory.CreateDirectory(folder);
        var file = System.IO.Path.Combine(folder, "model.onnx");
        File.WriteAllBytes(file, bytes);
        File.SetLastWriteTimeUtc(file, written);
        Directory.SetLastWriteTimeUtc(folder, written);
        return file;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
