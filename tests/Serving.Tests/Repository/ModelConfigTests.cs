using System.Text;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Tensors;
using Krewe.Serving.Repository.Manifests;

namespace Krewe.Serving.Tests.Repository;

public sealed class ModelConfigTests
{
    [Fact]
    public void A_configuration_of_Triton_is_read_as_it_is()
    {
        var manifest = Read(
            """
            name: "m"
            platform: "onnxruntime_onnx"
            backend: "onnxruntime"
            max_batch_size: 8
            default_model_filename: "net.onnx"
            input [
              { name: "image"  data_type: TYPE_FP32  format: FORMAT_NCHW  dims: [ 3, 224, -1 ] },
              { name: "text", data_type: TYPE_STRING, dims: 1 }
            ]
            output { name: "class" data_type: TYPE_INT64 dims: [ 1 ] }
            version_policy: { specific { versions: [ 1, 3 ] } }
            dynamic_batching { preferred_batch_size: [ 4, 8 ] max_queue_delay_microseconds: 100 default_queue_policy { max_queue_size: 50 } }
            instance_group [ { count: 2 kind: KIND_GPU name: "g" }, { count: 1 kind: KIND_GPU } ]
            model_warmup [ { name: "w" batch_size: 4
              inputs { key: "image" value: { data_type: TYPE_FP32 dims: [ 3, 224, 224 ] zero_data: true } } } ]
            """);

        Assert.Equal((8, "net.onnx", 3), (manifest.MaxBatchSize, manifest.ModelFileName, manifest.MaxConcurrentRuns));
        Assert.Equal(TimeSpan.FromMicroseconds(100), manifest.MaxQueueDelay);
        Assert.Equal(50, manifest.MaxQueueLength);
        Assert.Equal(VersionPolicy.Specific(new(1), new(3)), manifest.VersionPolicy);
        Assert.Equal((ExecutionProvider.Cuda, false), (manifest.ExecutionProvider, manifest.ExecutionProviderRequired));
        Assert.Equal(["image", "text"], manifest.Inputs.Select(input => input.Name));
        Assert.Equal([-1, 3, 224, -1], manifest.Inputs[0].Dims!.Value);
        Assert.Equal([TensorType.Float32, TensorType.Bytes], manifest.Inputs.Select(input => input.Type!.Value));
        Assert.Equal([-1, 1], Assert.Single(manifest.Outputs).Dims!.Value);
        Assert.Equal(4, manifest.WarmUp.Rows);
        Assert.Equal([4, 3, 224, 224], manifest.WarmUp.Shapes["image"]);
        Assert.Empty(manifest.Warnings);
    }

    [Fact]
    public void Absent_settings_have_Triton_s_defaults()
    {
        var manifest = Read("");
        Assert.Equal(0, manifest.MaxBatchSize);
        Assert.Equal(VersionPolicy.Latest(1), manifest.VersionPolicy);
        Assert.True(manifest.WarmUp.Enabled);
        Assert.Equal([2], Read("""input { name: "x" dims: 2 }""").Inputs[0].Dims!.Value);
        Assert.Null(Read("""input { name: "x" }""").Inputs[0].Dims);
        Assert.Equal(VersionPolicy.Latest(1), Read("version_policy { latest {} }").VersionPolicy);
        Assert.Equal(VersionPolicy.Latest(3), Read("version_policy { latest { num_versions: 3 } }").VersionPolicy);
        Assert.Equal(VersionPolicy.All, Read("version_policy { all {} }").VersionPolicy);
        Assert.Equal(ExecutionProvider.Cpu, Read("instance_group { kind: KIND_CPU }").ExecutionProvider);
        Assert.Null(Read("instance_group { kind: KIND_AUTO }").ExecutionProvider);
    }

    [Fact]
    public void Settings_without_effect_are_each_reported_once()
    {
        var warnings = Read(
            """
            optimization { cuda { graphs: true } }
            parameters { key: "a" value: { string_value: "b" } }
            parameters { key: "c" value: { string_value: "d" } }
            dynamic_batching { preserve_ordering: true }
            instance_group { gpus: [ 0, 1 ] }
            """).Warnings;

        Assert.Equal(
            [
                "config.pbtxt, line 1, column 1: 'optimization' has no effect here",
                "config.pbtxt, line 2, column 1: 'parameters' has no effect here",
                "config.pbtxt, line 4, column 20: 'dynamic_batching.preserve_ordering' has no effect here",
                "config.pbtxt, line 5, column 18: 'instance_group.gpus' has no effect here",
            ],
            warnings);
    }

    [Theory]
    [InlineData("name: \"other\"", "line 1, column 1: 'name' is \"other\": expected \"m\", the name of the model's folder")]
    [InlineData("platform: \"tensorflow_graphdef\"", "expected \"onnxruntime_onnx\"")]
    [InlineData("backend: \"python\"", "expected \"onnxruntime\"")]
    [InlineData("max_batch_size: -1", "'max_batch_size' is -1: expected a whole number from 0 to 1000000")]
    [InlineData("max_batch_size: \"8\"", "expected a whole number")]
    [InlineData("max_batch_size: 1 max_batch_size: 2", "'max_batch_size' occurs twice")]
    [InlineData("input { dims: 1 }", "has no name")]
    [InlineData("input: 3", "'input' is 3: expected a message in braces")]
    [InlineData("input { name: \"x\" data_type: TYPE_FLOAT }", "'input.data_type' is TYPE_FLOAT: expected one of TYPE_BF16, TYPE_BOOL, ")]
    [InlineData("input { name: \"x\" dims: 0 }", "expected a size from 1, or -1")]
    [InlineData("input { name: \"x\" dims: 2 reshape { shape: [] } }", "'input.reshape' is a message: expected a shape with as many elements as 'dims' [2] has")]
    [InlineData("output { name: \"x\" dims: [2, -1] reshape { shape: [-1, 2] } }", "expected a shape with as many elements as 'dims' [2,-1] has")]
    [InlineData("input { name: \"x\" dims: 4 reshape { shape: -1 } }", "as 'dims' [4] has")]
    [InlineData("input { name: \"x\" dims: 4 reshape { shape: [0, 4] } }", "'input.reshape.shape' is 0: expected a size from 1, or -1")]
    [InlineData("input { name: \"x\" dims: [2147483647, 2147483647, 2147483647, 3] reshape { shape: [2147483647, 2147483647, 2147483647, 2] } }", "as many elements")]
    [InlineData("version_policy { all {} latest {} }", "expected one of all {}, latest")]
    [InlineData("version_policy { specific {} }", "expected one of all {}, latest")]
    [InlineData("version_policy { latest { num_versions: 0 } }", "'version_policy.latest.num_versions' is 0: expected")]
    [InlineData("max_batch_size: 4 dynamic_batching { preferred_batch_size: 8 }", "expected a whole number from 1 to max_batch_size")]
    [InlineData("instance_group [ { kind: KIND_CPU }, { kind: KIND_GPU } ]", "the groups differ in kind")]
    [InlineData("instance_group { kind: KIND_TPU }", "expected KIND_AUTO, KIND_GPU")]
    [InlineData("instance_group { kind: -1 }", "'instance_group.kind' is -1: expected KIND_AUTO")]
    [InlineData("instance_group { kind: 4 }", "'instance_group.kind' is 4: expected KIND_AUTO")]
    [InlineData("input { name: 'x' data_type: 0 }", "'input.data_type' is 0: expected one of TYPE_BF16")]
    [InlineData("input { name: 'x' data_type: 15 }", "'input.data_type' is 15: expected one of TYPE_BF16")]
    [InlineData("instance_group { count: 0 }", "'instance_group.count' is 0: expected")]
    [InlineData("default_model_filename: \"../m.onnx\"", "expected the name of a file in the version's folder")]
    [InlineData("default_model_filename: \"..\"", "expected the name of a file")]
    [InlineData("default_model_filename: \"a\\\\b\"", "expected the name of a file")]
    [InlineData("default_model_filename: \"a\\000b\"", "expected the name of a file")]
    [InlineData("max_batch_size 8", "line 1, column 16: expected ':', found '8'")]
    public void Errors_give_the_position_the_fault_and_what_is_expected(string text, string expected)
    {
        var message = Assert.Throws<ManifestException>(() => Read(text)).Message;
        Assert.StartsWith("config.pbtxt", message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_no_text_are_an_error()
    {
        var error = Assert.Throws<ManifestException>(() => ModelConfigReader.Read([0xFF, 0xFE], "m"));
        Assert.Contains("UTF-8", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"maxBatchSize": 4}""", "max_batch_size: 8", "maxBatchSize is 4, max_batch_size is 8")]
    [InlineData("""{"versionPolicy": "all"}""", "version_policy { latest {} }", "versionPolicy is all, version_policy is latest 1")]
    [InlineData("""{"maxQueueDelayMicroseconds": 1}""", "dynamic_batching { max_queue_delay_microseconds: 2 }", "1 µs, max_queue_delay_micro")]
    [InlineData("""{"executionProvider": "cpu"}""", "instance_group { kind: KIND_GPU }", "is Cpu, the instance_group kind is Cuda")]
    [InlineData("""{"maxQueueLength": 1}""", "dynamic_batching { default_queue_policy { max_queue_size: 2 } }", "maxQueueLength is 1, max_queue_size is 2")]
    [InlineData("""{"maxConcurrentRuns": 1}""", "instance_group { count: 2 }", "maxConcurrentRuns is 1, the instance_group count is 2")]
    public void Two_files_that_disagree_are_an_error(string json, string pbtxt, string expected) =>
        Assert.Contains(expected, Assert.Throws<ManifestException>(() => Merge(json, pbtxt)).Message, StringComparison.Ordinal);

    [Fact]
    public void Two_files_add_to_each_other()
    {
        var manifest = Merge(
            """{"maxBatchSize": 8, "threads": 2, "versionPolicy": "all"}""", """max_batch_size: 8 input { name: "x" dims: 2 }""");
        Assert.Equal((8, 2, VersionPolicy.All), (manifest.MaxBatchSize, manifest.Threads, manifest.VersionPolicy));
        Assert.Single(manifest.Inputs);

        // What only one of them says holds, also where the other's default would be another.
        Assert.Equal(4, Merge("""{"maxBatchSize": 4}""", "").MaxBatchSize);
    }

    private static ModelManifest Read(string text) =>
        ManifestMerger.Merge(null, ModelConfigReader.Read(Encoding.UTF8.GetBytes(text), "m"));

    private static ModelManifest Merge(string json, string pbtxt) => ManifestMerger.Merge(
        ModelJsonReader.Read(Encoding.UTF8.GetBytes(json)), ModelConfigReader.Read(Encoding.UTF8.GetBytes(pbtxt), "m"));
}
