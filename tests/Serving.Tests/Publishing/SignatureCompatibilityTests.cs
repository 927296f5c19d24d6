using Krewe.Abstractions.Publishing;
using Krewe.Abstractions.Tensors;

namespace Krewe.Serving.Tests.Publishing;

public sealed class SignatureCompatibilityTests
{
    private static readonly TensorSpec X = Spec("x", -1, 4);
    private static readonly TensorSpec Y = Spec("y", -1, 3);

    /// <summary>What became of the input x and what is said of it; empty where callers notice nothing.</summary>
    public static TheoryData<TensorSpec, string> Inputs => new()
    {
        { Spec("x", -1, 4), "" },
        { Spec("x", -1, -1), "" },
        { X with { AnyRank = true, Shape = [-1] }, "" },
        { Spec("x", -1, 5), "input 'x' FP32[-1,4] became FP32[-1,5]" },
        { Spec("x", -1, 4, 1), "input 'x' FP32[-1,4] became FP32[-1,4,1]" },
        { Spec("x", 1, 4), "input 'x' FP32[-1,4] became FP32[1,4], which ends batching" },
        { X with { Type = TensorType.Float64 }, "input 'x' FP32[-1,4] became FP64[-1,4]" },
        { Spec("X", -1, 4), "input 'x' FP32[-1,4] is missing; input 'X' FP32[-1,4] is new" },
    };

    public static TheoryData<TensorSpec, string> Outputs => new()
    {
        { Spec("y", -1, 3), "" },
        { Spec("y", -1, -1), "" },
        { Y with { AnyRank = true, Shape = [-1] }, "" },
        { Spec("y", -1, 2), "output 'y' FP32[-1,3] became FP32[-1,2]" },
        { Spec("y", 1, 3), "output 'y' FP32[-1,3] became FP32[1,3], which ends batching" },
        { Spec("y", 3), "output 'y' FP32[-1,3] became FP32[3], which ends batching" },
        { Y with { Type = TensorType.Int64 }, "output 'y' FP32[-1,3] became INT64[-1,3]" },
        { Spec("z", -1, 3), "output 'y' FP32[-1,3] is missing" },
    };

    [Theory]
    [MemberData(nameof(Inputs))]
    public void An_input_must_accept_the_same_shapes(TensorSpec now, string said) =>
        Assert.Equal(said, string.Join("; ", SignatureCompatibility.FindDifferences([X], [Y], [now], [Y])));

    [Theory]
    [MemberData(nameof(Outputs))]
    public void An_output_must_keep_its_shape(TensorSpec now, string said) =>
        Assert.Equal(said, string.Join("; ", SignatureCompatibility.FindDifferences([X], [Y], [X], [now])));

    [Fact]
    public void An_input_of_any_shape_must_not_become_specific()
    {
        var anything = X with { AnyRank = true, Shape = [-1] };
        Assert.Equal(["input 'x' FP32 of any shape became FP32[-1,4]"], SignatureCompatibility.FindDifferences([anything], [Y], [X], [Y]));
        Assert.Empty(SignatureCompatibility.FindDifferences([X], [Y with { AnyRank = true, Shape = [-1] }], [X], [Y]));
    }

    [Fact]
    public void Order_and_additional_outputs_are_compatible_and_an_additional_input_is_not()
    {
        var z = Spec("z", 2);
        Assert.Empty(SignatureCompatibility.FindDifferences([X, z], [Y], [z, X], [z, Y]));
        Assert.Equal(["input 'z' FP32[2] is new"], SignatureCompatibility.FindDifferences([X], [Y], [X, z], [Y]));
    }

    private static TensorSpec Spec(string name, params long[] shape) => new(name, TensorType.Float32, [.. shape]);
}
