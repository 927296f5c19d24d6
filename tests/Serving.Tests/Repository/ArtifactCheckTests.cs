using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Onnx.Building;
using Krewe.Onnx.Tiny;
using Krewe.Processes;
using Krewe.Serving.Repository.Artifacts;
using Krewe.Serving.Repository.Manifests;
using Krewe.Serving.Repository.Snapshots;

namespace Krewe.Serving.Tests.Repository;

public sealed class ArtifactCheckTests : IDisposable
{
    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_good_version_gives_its_signature()
    {
        folder.Write("m/1/model.onnx", TinyModels.Linear().ToBytes());

        Assert.Equal("x", ArtifactCheck.Verify(Version()).Inputs[0].Name);
    }

    [Fact]
    public void External_weights_beside_the_model_and_in_folders_below_are_fine()
    {
        TinyModels.Mlp(64, 64, 4).Save(folder["m/1/model.onnx"], externalData: true);
        ArtifactCheck.Verify(Version());

        folder.Write("m/1/model.onnx", TinyModels.ExternalAt("deep/er/w.bin").ToBytes());
        folder.Write("m/1/deep/er/w.bin", new byte[32]);
        ArtifactCheck.Verify(Version());

        // A link may lead about inside the model's folder.
        folder.Write("m/shared/w.bin", new byte[32]);
        File.Delete(folder["m/1/deep/er/w.bin"]);
        folder.Link("m/1/deep/er/w.bin", "../../../shared/w.bin");
        ArtifactCheck.Verify(Version());
    }

    [Theory]
    [InlineData("../w.bin", "relative path without '..'")]
    [InlineData("a/../../w.bin", "relative path without '..'")]
    [InlineData("a\\..\\w.bin", "relative path without '..'")]
    [InlineData("/etc/passwd", "relative path without '..'")]
    [InlineData("C:\\w.bin", "relative path without '..'")]
    [InlineData("", "not a file name")]
    [InlineData("a\0b", "not a file name")]
    [InlineData("*/_ORT_MEM_ADDR_/*", "not a file name")]
    [InlineData("none.bin", "does not exist")]
    [InlineData("none/none.bin", "does not exist")]
    [InlineData("short.bin", "31 bytes: expected at least 32")]
    [InlineData("passwd", "leads out of the model's folder")]
    [InlineData("outside/w.bin", "leads out of the model's folder")]
    [InlineData("neighbour.bin", "leads out of the model's folder")]
    [InlineData("circle.bin", "leads out of the model's folder")]
    [InlineData("folder", "not a regular file")]
    public void External_weights_elsewhere_are_refused(string location, string expected)
    {
        folder.Write("w.bin", new byte[32]);
        folder.Write("mm/w.bin", new byte[32]);
        folder.Write("m/w.bin", new byte[32]);
        folder.Write("m/1/model.onnx", TinyModels.ExternalAt(location).ToBytes());
        folder.Write("m/1/short.bin", new byte[31]);
        folder.Write("m/1/folder/x", [0]);
        folder.Link("m/1/passwd", "/etc/passwd");
        folder.Link("m/1/outside", "../..", isFolder: true);
        folder.Link("m/1/neighbour.bin", "../../mm/w.bin");
        folder.Link("m/1/circle.bin", "circle.bin");

        AssertRefused(Version(), expected);
    }

    [Fact]
    public async Task Pipes_and_devices_are_refused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Pipes and devices are told apart on Linux only.");
        folder.Write("m/1/model.onnx", TinyModels.ExternalAt("pipe").ToBytes());
        await ProgramProcess.RunAsync("mkfifo", folder["m/1/pipe"]);
        AssertRefused(Version(), "not a regular file");

        File.Delete(folder["m/1/model.onnx"]);
        await ProgramProcess.RunAsync("mkfifo", folder["m/1/model.onnx"]);
        AssertRefused(Version(), "not a regular file");
    }

    [Theory]
    [InlineData("../../other.onnx")]
    [InlineData("/etc/passwd")]
    public void A_model_file_elsewhere_is_refused(string target)
    {
        folder.Write("other.onnx", TinyModels.Linear().ToBytes());
        folder.Link("m/1/model.onnx", target);

        AssertRefused(Version(), "leads out of the model's folder");
    }

    [Fact]
    public void A_file_that_changed_since_it_was_seen_is_refused_for_a_moment()
    {
        folder.Write("m/1/model.onnx", TinyModels.Linear().ToBytes());
        var version = Version();
        folder.Write("m/1/model.onnx", TinyModels.Linear(5).ToBytes());

        var error = Assert.Throws<KreweException>(() => ArtifactCheck.Verify(version));
        Assert.Equal(KreweErrorCode.Unavailable, error.Code);
        Assert.NotNull(error.RetryAfter);
    }

    [Fact]
    public void A_file_that_is_gone_or_broken_is_refused()
    {
        folder.Write("m/1/model.onnx", TinyModels.Truncated());
        AssertRefused(Version(), "'m/1/model.onnx' is not a valid ONNX file: it ends after");
        File.Delete(folder["m/1/model.onnx"]);
        AssertRefused(Version(), "it does not exist");
        AssertRefused(Version() with { Error = "because of this" }, "because of this");
    }

    [Theory]
    [InlineData("""input { name: "x" data_type: TYPE_FP32 dims: [ -1, 4 ] } output { name: "y" dims: [ -1, 3 ] }""", null)]
    [InlineData("""max_batch_size: 8 input { name: "x" data_type: TYPE_FP32 dims: 4 }""", null)]
    [InlineData("""input { name: "x" data_type: 11 dims: [ -1, 4 ] format: 1 } instance_group { kind: 2 }""", null)]
    [InlineData("""input { name: "x" data_type: 9 }""", "declares the input 'x' as INT64: the graph has FP32")]
    [InlineData("""input { name: "x" dims: [ 7, 4 ] }""", null)]
    [InlineData("""input { name: "z" }""", "declares the input 'z': the graph has 'x'")]
    [InlineData("""output { name: "z" }""", "declares the output 'z': the graph has 'y'")]
    [InlineData("""input { name: "x" data_type: TYPE_INT64 }""", "declares the input 'x' as INT64: the graph has FP32")]
    [InlineData("""input { name: "x" dims: [ -1, 5 ] }""", "with the shape [-1,5] (a max_batch_size above 0 puts a free batch dimension")]
    [InlineData("""input { name: "x" dims: [ -1, -1 ] }""", "the graph has [-1,4]")]
    [InlineData("""input { name: "x" dims: 4 }""", "the graph has [-1,4]")]
    [InlineData("""max_batch_size: 8 input { name: "x" dims: [ -1, 4 ] }""", "with the shape [-1,-1,4]")]
    [InlineData("""model_warmup { inputs { key: "z" value { dims: 4 } } }""", "a warm-up shape for 'z': the graph has the inputs 'x'")]
    public void What_is_declared_must_agree_with_the_graph(string config, string? expected)
    {
        folder.Write("m/1/model.onnx", TinyModels.Linear().ToBytes());
        folder.Write("m/config.pbtxt", config);

        AssertOutcome(expected);
    }

    [Theory]
    [InlineData("max_batch_size: 8", "input 'x' has the shape [2,4]: expected a free first dimension, or a maximum batch size of 0")]
    [InlineData("""max_batch_size: 1 input { name: "x" dims: 4 }""", "the graph has [2,4]")]
    [InlineData("""input { name: "x" dims: [ 2, 4 ] }""", null)]
    public void Batches_need_a_free_first_dimension(string config, string? expected)
    {
        folder.Write("m/1/model.onnx", TinyModels.FixedShape(2, 4).ToBytes());
        folder.Write("m/config.pbtxt", config);

        AssertOutcome(expected);
    }

    [Fact]
    public void What_is_no_tensor_of_the_protocol_is_refused()
    {
        var element = ValueKind.Tensor(Onnx.Building.TensorType.Float, 2);
        folder.Write("m/1/model.onnx", new ModelBuilder("s").Input("s", ValueKind.Sequence(element)).ToBytes());

        AssertRefused(Version(), "input 's' is of kind sequence: expected tensors of BOOL, ");
    }

    private void AssertOutcome(string? expected)
    {
        var version = Version() with { Manifest = ManifestFiles.Read(folder["m"], "m") };
        if (expected is null)
        {
            ArtifactCheck.Verify(version);
        }
        else
        {
            AssertRefused(version, expected);
        }
    }

    private void AssertRefused(RepositoryVersion version, string expected)
    {
        var error = Assert.Throws<KreweException>(() => ArtifactCheck.Verify(version));
        Assert.Equal(KreweErrorCode.Unavailable, error.Code);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(folder.Path, error.Message, StringComparison.Ordinal);
    }

    private RepositoryVersion Version() => new(
        new ModelId(ModelName.Parse("m"), new ModelVersion(1)), folder["m/1/model.onnx"], folder["m"],
        VersionFolder.Read(folder["m/1"], "model.onnx").ToStamp(""), ModelManifest.Default, null);
}
