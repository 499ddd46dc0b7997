"""Letters to suppliers: queries, reductions, rejections, declarations of final payment."""
