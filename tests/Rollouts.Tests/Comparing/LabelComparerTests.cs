using Krewe.Abstractions.Tensors;
using Krewe.Rollouts.Comparing;
using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Plans;

namespace Krewe.Rollouts.Tests.Comparing;

public sealed class LabelComparerTests
{
    [Fact]
    public void The_label_of_scores_is_the_place_of_the_largest()
    {
        var serving = TensorOf.Values("scores", [3, 3], 0.1f, 0.7f, 0.2f, /**/ 0.5f, 0.3f, 0.2f, /**/ 0.2f, 0.3f, 0.5f);
        var shadow = TensorOf.Values("scores", [3, 3], 0.2f, 0.5f, 0.3f, /**/ 0.3f, 0.5f, 0.2f, /**/ 0.3f, 0.3f, 0.4f);

        Assert.Equal((3, 2), Count(serving, shadow));
    }

    [Fact]
    public void The_first_of_several_largest_counts_and_no_number_never_does()
    {
        Assert.Equal((1, 1), Count(TensorOf.Values("y", [1, 3], 1f, 1f, 0f), TensorOf.Values("y", [1, 3], 2f, 1f, 2f)));
        Assert.Equal((1, 1), Count(TensorOf.Values("y", [1, 3], float.NaN, 1f, 2f), TensorOf.Values("y", [1, 3], 0f, 1f, 2f)));
        Assert.Equal((1, 1), Count(TensorOf.Values("y", [1, 2], float.NaN, float.NegativeInfinity), TensorOf.Values("y", [1, 2], 0f, 1f)));
        Assert.Equal((1, 0), Count(TensorOf.Values("y", [1, 2], float.NaN, float.NaN), TensorOf.Values("y", [1, 2], 1f, 0f)));
        Assert.Equal((1, 1), Count(TensorOf.Values("y", [1, 2], float.NaN, float.NaN), TensorOf.Values("y", [1, 2], float.NaN, float.NaN)));
    }

    [Fact]
    public void Scores_of_many_classes_are_read_to_their_end()
    {
        var (serving, shadow) = (new double[2000], new double[2000]);
        (serving[999], serving[1300], shadow[999], shadow[1301]) = (1, 1, 1, 1);

        Assert.Equal((2, 1), Count(TensorOf.Values("y", [2, 1000], serving), TensorOf.Values("y", [2, 1000], shadow)));
    }

    [Theory]
    [InlineData(3L)]
    [InlineData(3L, 1L)]
    public void Whole_numbers_booleans_and_strings_are_labels_themselves(params long[] shape)
    {
        Assert.Equal((3, 2), Count(TensorOf.Values("y", [.. shape], 1L, 2L, 3L), TensorOf.Values("y", [.. shape], 1L, 5L, 3L)));
        Assert.Equal((3, 1), Count(TensorOf.Values("y", [.. shape], true, true, true), TensorOf.Values("y", [.. shape], false, true, false)));
        Assert.Equal((3, 1), Count(TensorOf.Strings("y", [.. shape], "a", "b", ""), TensorOf.Strings("y", [.. shape], "aa", "b", "c")));
    }

    [Fact]
    public void Labels_have_no_differences()
    {
        var answer = AnswerComparer.Compare(
            Answers.Of(1, TensorOf.Values("y", [2], 1L, 2L)), Answers.Of(2, TensorOf.Values("y", [2], 1L, 900L)), ComparisonTolerance.Default);

        Assert.Equal(new AnswerComparison(false, null, null, 2, 1), answer);
    }

    [Fact]
    public void Where_there_are_labels_scores_are_no_labels_as_well()
    {
        Tensor[] serving = [TensorOf.Values("probabilities", [1, 2], 0.4f, 0.6f), TensorOf.Values("label", [1], 1L)];
        Tensor[] shadow = [TensorOf.Values("probabilities", [1, 2], 0.6f, 0.4f), TensorOf.Values("label", [1], 1L)];

        Assert.Equal((1, 1), LabelComparer.Count(Answers.Of(1, serving), Answers.Of(2, shadow)));
    }

    [Fact]
    public void Other_outputs_have_no_labels()
    {
        var number = TensorOf.Values("y", [2, 1], 1f, 2f);
        var image = TensorOf.Values("y", [1, 2, 2], 1f, 2f, 3f, 4f);
        var tokens = TensorOf.Values("y", [1, 2], 1L, 2L);

        Assert.Equal((0, 0), Count(number, number));
        Assert.Equal((0, 0), Count(image, image));
        Assert.Equal((0, 0), Count(tokens, tokens));
        Assert.Equal((0, 0), Count(TensorOf.Values("y", [1], 1L), TensorOf.Values("y", [1], 1)));
    }

    private static (int Labels, int Same) Count(Tensor serving, Tensor shadow) =>
        LabelComparer.Count(Answers.Of(1, serving), Answers.Of(2, shadow));
}
