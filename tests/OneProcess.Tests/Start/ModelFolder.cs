using Krewe.Onnx.Tiny;

namespace Krewe.OneProcess.Tests.Start;

/// <summary>A folder with a good model and a broken one; deleted at the end.</summary>
internal sealed class ModelFolder : IDisposable
{
    public ModelFolder()
    {
        Write("linear", TinyModels.Linear().ToBytes());
        Write("broken", "this is no ONNX model"u8.ToArray());
    }

    public string Root { get; } = Directory.CreateTempSubdirectory("krewe-one-process-").FullName;

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private void Write(string model, byte[] content)
    {
        var version = Directory.CreateDirectory(Path.Combine(Root, model, "1"));
        var file = Path.Combine(version.FullName, "model.onnx");
        File.WriteAllBytes(file, content);

        // A file counts once it has lain still for a while.
        File.SetLastWriteTimeUtc(file, new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
    }
}
