using System.Text.RegularExpressions;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Onnx.Building;
using Krewe.Onnx.Tiny;
using Krewe.Serving.Tests.Hosting;
using TensorType = Krewe.Onnx.Building.TensorType;

namespace Krewe.Serving.Tests.Loading;

/// <summary>Why a model cannot be loaded is said once, in words for people, with what to do.</summary>
public sealed partial class LoadReasonTests
{
    private const string Prefix = "model 'm' version '1' is not available: ";
    private static readonly ValueKind Maps = ValueKind.Sequence(ValueKind.Map(TensorType.Int64, ValueKind.Tensor(TensorType.Float)));

    public static TheoryData<string, ModelBuilder, string> Models => new()
    {
        { "newer operator set", Relu(new ModelBuilder("m", 99)), "the file uses operator set 99 of ai.onnx, and the newest supported is " },
        {
            "newer operator set of another domain", Relu(new ModelBuilder("m").Opset("ai.onnx.ml", 98)),
            "the file uses operator set 98 of ai.onnx.ml, and the newest supported is "
        },
        {
            "locale of nobody",
            Relu(new ModelBuilder("m")).Input("t", TensorType.String, "k")
                .Node("StringNormalizer", ["t"], "u", ("case_change_action", "LOWER"), ("locale", "xx_YY.UTF-8")).Output("u", TensorType.String, "k"),
            "the file's StringNormalizer needs the locale 'xx_YY.UTF-8', which this machine does not have: install it (on Debian and Ubuntu the package locales"
        },
        { "newer format", Relu(new ModelBuilder("m").Ir(77)), "the file has IR version 77, and the newest supported is " },
        {
            "operator of nobody", Nodes(new ModelBuilder("m"), "Conjure"),
            "the file uses operator 'Conjure', which operator set 17 does not have: export it with"
        },
        {
            "custom operator", Nodes(new ModelBuilder("m").Opset("com.acme", 1), "com.acme::Conjure"),
            "the file uses operator 'Conjure' of the domain 'com.acme', which ONNX Runtime does not have"
        },
        {
            "operator of the past", new ModelBuilder("m").Input("x", TensorType.Float, 1, 2).Initializer("s", [1f, 1f], 2)
                .Node("Upsample", ["x", "s"], "y").Output("y", TensorType.Float, 1, 2),
            "the file uses operator 'Upsample', which operator set 17 no longer has"
        },
        { "output of nothing", Relu(new ModelBuilder("m")).UntypedOutput("nowhere"), "This is an invalid model. Graph output (nowhere) does not exist" },
        { "wrong shapes", TinyModels.ShapeMismatch(), "Node () Op (MatMul) [ShapeInferenceError] Incompatible dimensions" },
        {
            "sequence of maps", ZipMap().Output("z", Maps),
            "output 'z' is of kind sequence of maps: only tensors are served. Export the model without ZipMap, which makes it: skl2onnx with options={'zipmap': False}"
        },
        { "sequence of maps without a type", ZipMap().UntypedOutput("z"), "output 'z' is of kind sequence of maps: only tensors are served. Export" },
        { "sequence", Split().Output("z", ValueKind.Sequence(ValueKind.Tensor(TensorType.Float, "n", 4))), "output 'z' is of kind sequence: only tensors are served. Export" },
        { "sequence without a type", Split().UntypedOutput("z"), "output 'z' is of kind sequence: only tensors are served. Export the model with one tensor" },
        { "map", Relu(new ModelBuilder("m")).Output("z", ValueKind.Map(TensorType.Int64, ValueKind.Tensor(TensorType.Float))), "output 'z' is of kind map: only tensors" },
        {
            "input without a type", new ModelBuilder("m").Input("x", ValueKind.Map(TensorType.String, ValueKind.Tensor(TensorType.Float))),
            "input 'x' is of kind map: expected tensors of BOOL, "
        },
    };

    [Theory]
    [MemberData(nameof(Models))]
    public async Task A_failed_load_gives_the_reason_and_the_remedy(string what, ModelBuilder model, string expected)
    {
        await using var serving = new ServingFixture();
        serving.Add("m", 1, model);
        await serving.StartAsync();

        var error = await Assert.ThrowsAsync<KreweException>(() => serving.InferAsync("m", Tensors.Floats("x", [1, 4], 1, 2, 3, 4)));
        var listed = (await serving.Host.ListAsync(TestContext.Current.CancellationToken)).Single().Reason;

        Assert.StartsWith(Prefix + expected, error.Message, StringComparison.Ordinal);
        Assert.Equal(Prefix + listed, error.Message);
        Assert.DoesNotMatch(Signature(), error.Message);
        Assert.True(what.Length > 0);
    }

    [Fact]
    public async Task A_broken_description_is_reported_once()
    {
        await using var serving = new ServingFixture();
        serving.Add("m", 1, TinyModels.Corrupt());
        await serving.StartAsync();

        var error = await Assert.ThrowsAsync<KreweException>(
            async () => await serving.Host.GetMetadataAsync(ModelReference.Parse("m", null), TestContext.Current.CancellationToken));

        Assert.StartsWith(Prefix + "'m/1/model.onnx' is not a valid ONNX file: ", error.Message, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"::|std|const|&|\.cc|\.h:|krewe-serving|model 'm/1'|model 'm' version 1 ")]
    private static partial Regex Signature();

    private static ModelBuilder Relu(ModelBuilder model) => Nodes(model, "Relu");

    private static ModelBuilder Nodes(ModelBuilder model, string op) =>
        model.Input("x", TensorType.Float, "n", 4).Node(op, ["x"], "y").Output("y", TensorType.Float, "n", 4);

    private static ModelBuilder ZipMap() => Relu(new ModelBuilder("m").Opset("ai.onnx.ml", 1))
        .Node("ai.onnx.ml::ZipMap", ["y"], "z", ("classlabels_int64s", new long[] { 0, 1, 2, 3 }));

    private static ModelBuilder Split() => Relu(new ModelBuilder("m")).Node("SplitToSequence", ["y"], "z");
}
