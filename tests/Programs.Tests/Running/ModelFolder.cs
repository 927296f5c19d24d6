using Krewe.Onnx.Tiny;

namespace Krewe.Programs.Tests.Running;

/// <summary>A folder with one model, <c>linear</c>; deleted at the end.</summary>
internal sealed class ModelFolder : IDisposable
{
    public ModelFolder()
    {
        var version = Directory.CreateDirectory(Path.Combine(Root, "linear", "1"));
        var file = Path.Combine(version.FullName, "model.onnx");
        File.WriteAllBytes(file, TinyModels.Linear().ToBytes());

        // A file counts once it has lain still for a while.
        File.SetLastWriteTimeUtc(file, new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
    }

    public string Root { get; } = Directory.CreateTempSubdirectory("krewe-programs-").FullName;

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
